import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "./icon";

/** Text that can be taken along. */
export function Copy({ text, shown }: { text: string; shown?: string }): VNode {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    } catch {
      // no clipboard on plain HTTP: the text itself can be marked
    }
  };
  return (
    <span class="copy">
      <code title={text}>{shown ?? text}</code>
      {navigator.clipboard && (
        <button type="button" class="icon small" onClick={() => void copy()} aria-label={`Copy ${text}`}>
          <Icon name={done ? "done" : "copy"} />
        </button>
      )}
    </span>
  );
}
