import type { VNode } from "preact";
import { Copy } from "../../components/copy";
import { Icon } from "../../components/icon";
import type { Operation } from "../../link/operations";

const LEVEL = { doing: "busy", done: "good", failed: "bad" } as const;

/** How something that was asked for stands. */
export function OperationNotice({ operation, onClose }: { operation: Operation; onClose: () => void }): VNode {
  const { title, state, text, location } = operation;
  return (
    <div class={`notice operation ${LEVEL[state]}`} role="status">
      <strong>{title}</strong>
      {text.includes("\n") ? <pre>{text}</pre> : <span> {text}</span>}
      {location && (
        <>
          {" "}at <Copy text={location} />
        </>
      )}
      <button type="button" class="icon small" onClick={onClose} aria-label="Close this notice"><Icon name="close" /></button>
    </div>
  );
}
