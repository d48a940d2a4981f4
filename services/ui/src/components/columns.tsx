import type { VNode } from "preact";
import { skew, skewWord } from "../model/skew";

interface Properties {
  label: string;
  values: (number | null)[];
  /** The whole that a column is part of; without it the largest value. */
  most?: number;
  text: (value: number | null) => string;
  kind?: string;
  /** Whether unevenness means something. */
  spread?: boolean;
  onChoose?: (index: number) => void;
  chosen?: number | null;
}

/** One column a subtask: skew at a glance. */
export function Columns({ label, values, most, text, kind = "", spread = true, onChoose, chosen }: Properties): VNode {
  const known = values.filter((v): v is number => v !== null);
  const whole = most ?? Math.max(...known, 0);
  const percent = skew(known);
  return (
    <figure class={`columns ${kind}`}>
      <figcaption>
        {label}
        <span class="muted small">{!spread ? "entries that wait" : known.length > 1 ? `skew ${Math.round(percent)}%, ${skewWord(percent)}` : "one subtask"}</span>
      </figcaption>
      <div class="plot">
        {values.map((value, n) => (
          <button
            key={n}
            type="button"
            class={chosen === n ? "chosen" : ""}
            onClick={() => onChoose?.(n)}
            aria-label={`Subtask ${n}: ${label} ${text(value)}`}
            title={`subtask ${n}: ${text(value)}`}
          >
            <span style={{ height: `${whole > 0 && value !== null ? Math.max(2, (value / whole) * 100) : 0}%` }} />
          </button>
        ))}
      </div>
      <div class="ends muted">
        <span>{text(known.length ? Math.min(...known) : null)} least</span>
        <span>{text(known.length ? Math.max(...known) : null)} most</span>
      </div>
    </figure>
  );
}
