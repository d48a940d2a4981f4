import type { VNode } from "preact";
import { percent } from "../model/format";

/** A share of a whole, with its figure. */
export function Bar({ share, text, kind = "", label }: { share: number; text?: string; kind?: string; label?: string }): VNode {
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return (
    <span class={`bar ${kind}`} title={label}>
      <span class="track" aria-hidden="true">
        <span class="filled" style={{ width }} />
      </span>
      <span class="figure">{text ?? percent(share)}</span>
    </span>
  );
}
