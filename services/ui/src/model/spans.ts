/** States over time as spans that follow each other. */

export interface Span {
  state: string;
  from: number;
  to: number;
}

const FINAL = ["FINISHED", "CANCELED", "FAILED"];

/** `timestamps`: when each state was entered last; the newest one lasts until `now`, a final one for no time. */
export function spans(timestamps: Record<string, number>, now: number): Span[] {
  const entered = Object.entries(timestamps)
    .filter(([, time]) => time > 0)
    .sort(([, a], [, b]) => a - b);
  return entered
    .map(([state, from], n) => ({ state, from, to: FINAL.includes(state) ? from : (entered[n + 1]?.[1] ?? Math.max(now, from)) }))
    .filter((span) => span.to > span.from || FINAL.includes(span.state));
}
