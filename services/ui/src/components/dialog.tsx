import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Properties {
  title: string;
  children: ComponentChildren;
  action: string;
  dangerous?: boolean;
  busy?: boolean;
  onDo: () => void;
  onClose: () => void;
}

/** Asks before something is done. The browser's own: it keeps the focus, and Escape closes it. */
export function Dialog({ title, children, action, dangerous, busy, onDo, onClose }: Properties): VNode {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={box} aria-labelledby="dialog-title" onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) onDo();
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        {children}
        <div class="row end">
          <button type="button" onClick={() => box.current?.close()}>
            Back
          </button>
          <button type="submit" class={dangerous ? "danger" : "primary"} disabled={busy}>
            {busy ? "Asking…" : action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
