import type { VNode } from "preact";
import { Chart } from "../../components/chart";
import { Empty } from "../../components/empty";
import type { Job } from "../../link/documents";
import { count, duration, percent, rate } from "../../model/format";
import type { History, Series } from "../../model/rates";
import { ended } from "../../model/states";

const CHARTS: { series: Series; title: string; text: (value: number | null) => string; most?: number; whole?: boolean }[] = [
  { series: "in", title: "Records in per second", text: rate },
  { series: "out", title: "Records out per second", text: rate },
  { series: "busy", title: "Busy, the worst subtask", text: percent, most: 1 },
  { series: "backpressured", title: "Held back, the worst subtask", text: percent, most: 1 },
  { series: "depth", title: "Entries in input logs", text: count, whole: true },
  { series: "lag", title: "Watermark lag", text: (value) => (value === null ? "–" : duration(value * 1000)) },
  { series: "latency", title: "Latency from the sources, 99th percentile", text: duration },
];

/** Rates since the page was opened. */
export function ChartsTab({ job, history }: { job: Job; history: History }): VNode {
  if (history.times.length === 0) {
    return ended(job.state) ? (
      <Empty title="Nothing to draw">
        <p>The job has ended; its rates can be watched only while it runs. The totals of each vertex are under Graph.</p>
      </Empty>
    ) : (
      <Empty title="Measuring…">
        <p>The first rates are there two seconds after the page was opened.</p>
      </Empty>
    );
  }
  return (
    <>
      <p class="muted small">Since this page was opened, up to 15 minutes; one line a vertex. Latency is drawn where the job sets <code>metrics.latency.interval</code>.</p>
      <div class="charts">
        {CHARTS.map(({ series, ...chart }) => {
          const lines = job.vertices
            .map((vertex) => ({ id: vertex.id, name: vertex.name, values: history.series.get(vertex.id)?.[series] ?? [] }))
            .filter((line) => !["depth", "lag", "latency"].includes(series) || line.values.some((v) => v !== null));
          return lines.length ? <Chart key={series} {...chart} times={history.times} lines={lines} /> : null;
        })}
      </div>
    </>
  );
}
