import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { percent } from "../model/format";
import { boxes, kindOf, short, zoomed, type Frame } from "../model/flame";

const ROW = 22;

/** Frames above each other, the outermost on top; a click makes one as wide as the page. */
export function FlameGraph({ root }: { root: Frame }): VNode {
  const [path, setPath] = useState<string[]>([]);
  const top = zoomed(root, path);
  const drawn = boxes(top);
  const depth = Math.max(...drawn.map((box) => box.depth)) + 1;
  const open = (key: string) => {
    const names: string[] = [];
    let frame = top;
    for (const n of key.split(".").slice(1)) {
      frame = frame.children[Number(n)]!;
      names.push(frame.name);
    }
    setPath([...(top === root ? [] : path), ...names]);
  };
  return (
    <div class="flame">
      {path.length > 0 && (
        <p>
          <button type="button" onClick={() => setPath([])}>Show all</button> <span class="muted small">{top.name}</span>
        </p>
      )}
      <div class="flame-box" style={{ height: depth * ROW }} role="group" aria-label="Frames">
        {drawn.map((box) => {
          const share = `${percent(box.frame.value / Math.max(1, root.value))} of the time`;
          return (
            <button
              type="button"
              key={box.key}
              class={`frame ${kindOf(box.frame.name)}`}
              style={{ left: `${box.left * 100}%`, width: `${box.width * 100}%`, top: box.depth * ROW }}
              title={`${box.frame.name}\n${share}, ${box.frame.value} samples`}
              aria-label={`${box.frame.name}, ${share}`}
              tabIndex={box.width > 0.02 ? 0 : -1}
              onClick={() => open(box.key)}
            >
              {box.width > 0.02 ? short(box.frame.name) : ""}
            </button>
          );
        })}
      </div>
    </div>
  );
}
