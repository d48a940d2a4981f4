/** Rates of subtasks and vertices, from counters that are read about once a second. */

import type { Job, Subtask, Vertex } from "../link/documents";

/** Per second; shares of time from 0 to 1. */
export interface Rates {
  in: number;
  out: number;
  bytesIn: number;
  bytesOut: number;
  busy: number;
  backpressured: number;
  idle: number;
}

export interface VertexRates extends Rates {
  /** In the order of the subtasks, null where two readings of the same attempt are missing. */
  subtasks: (Rates | null)[];
  /** The earliest of the subtasks', null where one has none yet. */
  watermark: number | null;
  /** Entries in the input logs of all subtasks, null where none is known. */
  depth: number | null;
  /** Ms that latency markers were under way, of the worst subtask; null where there are none. */
  latency: { median: number; p99: number } | null;
}

/** Names of what is drawn over time. */
export type Series = "in" | "out" | "busy" | "backpressured" | "depth" | "lag" | "latency";

/** Ms over which a rate is taken: slots tell their counters once a second, not on the dot. */
const WINDOW = 5000;
const KEPT = 900;

interface Sample {
  time: number;
  subtasks: Map<string, Subtask>;
}

/** All readings of one job since its page was opened. */
export class History {
  readonly times: number[] = [];
  readonly series = new Map<string, Record<Series, (number | null)[]>>();
  vertices = new Map<string, VertexRates>();
  private samples: Sample[] = [];

  add(job: Job): void {
    const last = this.samples.at(-1);
    if (last && job.now <= last.time) return;
    const sample: Sample = { time: job.now, subtasks: new Map() };
    for (const vertex of job.vertices) {
      for (const subtask of vertex.subtasks) sample.subtasks.set(`${vertex.id}:${subtask.subtask}`, subtask);
    }
    const base = this.samples.find((s) => job.now - s.time <= WINDOW) ?? last;
    this.samples = [...this.samples.filter((s) => job.now - s.time <= WINDOW), sample];
    this.vertices = new Map(job.vertices.map((v) => [v.id, vertexRates(v, base, sample)]));
    if (base) this.record(job);
  }

  private record(job: Job): void {
    this.times.push(job.now / 1000);
    for (const vertex of job.vertices) {
      const rates = this.vertices.get(vertex.id)!;
      let drawn = this.series.get(vertex.id);
      if (!drawn) {
        const before = () => new Array<number | null>(this.times.length - 1).fill(null);
        drawn = { in: before(), out: before(), busy: before(), backpressured: before(), depth: before(), lag: before(), latency: before() };
        this.series.set(vertex.id, drawn);
      }
      drawn.in.push(rates.in);
      drawn.out.push(rates.out);
      drawn.busy.push(rates.busy);
      drawn.backpressured.push(rates.backpressured);
      drawn.depth.push(rates.depth);
      drawn.lag.push(lag(rates.watermark, job.now));
      drawn.latency.push(rates.latency?.p99 ?? null);
    }
    for (const id of [...this.series.keys()]) if (!this.vertices.has(id)) this.series.delete(id);
    if (this.times.length > KEPT) {
      this.times.shift();
      for (const drawn of this.series.values()) for (const name of Object.keys(drawn) as Series[]) drawn[name].shift();
    }
  }
}

function vertexRates(vertex: Vertex, base: Sample | undefined, sample: Sample): VertexRates {
  const subtasks = vertex.subtasks.map((subtask) => {
    const before = base?.subtasks.get(`${vertex.id}:${subtask.subtask}`);
    return before && base ? ratesBetween(before, subtask, sample.time - base.time) : null;
  });
  const known = subtasks.filter((r): r is Rates => r !== null);
  const sum = (pick: (r: Rates) => number) => known.reduce((total, r) => total + pick(r), 0);
  // one subtask that cannot keep up is enough to hold the others back, so the worst one counts, as in Flink
  const most = (pick: (r: Rates) => number) => known.reduce((worst, r) => Math.max(worst, pick(r)), 0);
  const watermarks = vertex.subtasks.map((s) => s.measured?.watermark ?? null);
  const latencies = vertex.subtasks.map((s) => s.measured?.latency ?? null).filter((l) => l !== null);
  const depths = vertex.subtasks.map((s) => s.depth).filter((d): d is number => d !== null);
  return {
    subtasks,
    in: sum((r) => r.in),
    out: sum((r) => r.out),
    bytesIn: sum((r) => r.bytesIn),
    bytesOut: sum((r) => r.bytesOut),
    busy: most((r) => r.busy),
    backpressured: most((r) => r.backpressured),
    idle: most((r) => r.idle),
    watermark: watermarks.length && watermarks.every((w) => w !== null) ? Math.min(...(watermarks as number[])) : null,
    depth: depths.length ? depths.reduce((a, b) => a + b, 0) : null,
    latency: latencies.length ? { median: Math.max(...latencies.map((l) => l.median)), p99: Math.max(...latencies.map((l) => l.p99)) } : null,
  };
}

/** Null where the two readings are not of one attempt. */
export function ratesBetween(before: Subtask, after: Subtask, ms: number): Rates | null {
  const [a, b] = [before.measured, after.measured];
  if (!a || !b || before.attempt !== after.attempt || ms <= 0) return null;
  const perSecond = (name: "records-in" | "records-out" | "bytes-in" | "bytes-out") =>
    Math.max(0, ((b[name] - a[name]) / ms) * 1000);
  const share = (name: "busy" | "backpressured" | "idle") => Math.min(1, Math.max(0, (b[name] - a[name]) / ms));
  return {
    in: perSecond("records-in"),
    out: perSecond("records-out"),
    bytesIn: perSecond("bytes-in"),
    bytesOut: perSecond("bytes-out"),
    busy: share("busy"),
    backpressured: share("backpressured"),
    idle: share("idle"),
  };
}

/** Seconds that event time is behind, null where it says nothing: not begun, ended, or no time of day at all. */
export function lag(watermark: number | null, now: number): number | null {
  if (watermark === null || watermark <= 0 || watermark > now + 86_400_000) return null;
  const seconds = Math.max(0, (now - watermark) / 1000);
  return seconds > 10 * 365 * 86_400 ? null : seconds;
}
