import type { VNode } from "preact";
import { kind } from "../model/states";

/** A state as a word on its colour. */
export function State({ state }: { state: string }): VNode {
  return <span class={`state ${kind(state)}`}>{state}</span>;
}

/** How many tasks are in which state. */
export function TaskCounts({ tasks }: { tasks: Record<string, number> }): VNode {
  const entries = Object.entries(tasks).filter(([, n]) => n > 0);
  return (
    <span class="tasks">
      {entries.map(([state, n]) => (
        <span key={state} class={`state ${kind(state)}`} title={`${n} ${state.toLowerCase()}`}>
          {n} {state.toLowerCase()}
        </span>
      ))}
    </span>
  );
}
