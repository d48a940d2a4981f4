/** Records that passed on a tapped edge. */

export interface TapRecord {
  /** Its own, and it rises. */
  id: string;
  subtask: number;
  attempt: number;
  time: number;
  text: string;
  type: string;
  key: string | null;
  timestamp: number | null;
  watermark: number | null;
  producer: number | null;
}

export interface TapEdge {
  id: string;
  name: string;
  "in-chain": boolean;
  "sampled-by": string;
  subtasks: number;
}

export interface TapVertex {
  id: string;
  name: string;
  parallelism: number;
  edges: TapEdge[];
}

export interface Tapped {
  now: number;
  state: string;
  edge: TapEdge;
  subtasks: { subtask: number; attempt: number; sampled: number; watermark: number | null }[];
  records: TapRecord[];
  cursor: string;
}

/** Those there were and those that have come, the oldest first, at most `most`. */
export function joined(before: TapRecord[], came: TapRecord[], most: number): TapRecord[] {
  const known = new Set(before.map((record) => record.id));
  const fresh = came.filter((record) => !known.has(record.id));
  return fresh.length ? [...before, ...fresh].slice(-most) : before;
}

/** Those that have the text in their text or key, upper or lower case. */
export function matching(records: TapRecord[], text: string): TapRecord[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return records;
  return records.filter((record) => `${record.text}\n${record.key ?? ""}`.toLowerCase().includes(wanted));
}

/** The time of a record or watermark; Long.MAX_VALUE and the like are no dates. */
export function timeText(time: number | null): string {
  if (time === null) return "–";
  if (time >= 8.64e15) return "end of time";
  if (time < 0) return String(time);
  return new Date(time).toISOString().replace("T", " ").replace("Z", "");
}
