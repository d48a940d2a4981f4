import type { VNode } from "preact";
import { Bar } from "../../components/bar";
import { Flow } from "../../components/flow";
import { State } from "../../components/state";
import { Table, type Column } from "../../components/table";
import type { Job, Vertex } from "../../link/documents";
import { count, percent } from "../../model/format";
import type { VertexRates } from "../../model/rates";
import { jobLink } from "../../model/route";
import { ended } from "../../model/states";
import { watermarkText } from "../../model/watermark";

/** All vertices side by side. */
export function VertexTable({ job, rates }: { job: Job; rates: Map<string, VertexRates> }): VNode {
  return (
    <section>
      <h2>Vertices</h2>
      <Table label="Vertices" columns={columns(job, rates)} rows={job.vertices} keyOf={(v) => v.id} />
    </section>
  );
}

type Counter = "records-in" | "records-out" | "bytes-in" | "bytes-out";

function columns(job: Job, rates: Map<string, VertexRates>): Column<Vertex>[] {
  const live = !ended(job.state);
  const of = (v: Vertex) => rates.get(v.id);
  const total = (v: Vertex, name: Counter) => v.subtasks.reduce((sum, s) => sum + (s.measured?.[name] ?? 0), 0);
  const flow = (name: string, records: Counter, size: Counter, perSecond: (v: Vertex) => number | undefined): Column<Vertex> => ({
    name,
    numeric: true,
    by: (v) => (live ? (perSecond(v) ?? 0) : total(v, records)),
    cell: (v) => <Flow live={live} perSecond={perSecond(v)} records={total(v, records)} size={total(v, size)} />,
  });
  const shown: Column<Vertex>[] = [
    { name: "Vertex", wordy: true, by: (v) => v.name, cell: (v) => <a href={jobLink(job.id, "graph", { vertex: v.id })}>{v.name}</a> },
    { name: "State", by: (v) => v.state, cell: (v) => <State state={v.state} /> },
    { name: "Parallelism", numeric: true, by: (v) => v.parallelism, cell: (v) => String(v.parallelism) },
  ];
  if (live) {
    shown.push(
      { name: "Busy", by: (v) => of(v)?.busy ?? 0, cell: (v) => <Bar share={of(v)?.busy ?? 0} kind="heat" text={percent(of(v)?.busy)} /> },
      { name: "Held back", by: (v) => of(v)?.backpressured ?? 0, cell: (v) => <Bar share={of(v)?.backpressured ?? 0} kind="held" text={percent(of(v)?.backpressured)} /> },
    );
  }
  shown.push(flow("In", "records-in", "bytes-in", (v) => of(v)?.in), flow("Out", "records-out", "bytes-out", (v) => of(v)?.out));
  if (live) {
    shown.push(
      { name: "Input log", numeric: true, minor: true, by: (v) => of(v)?.depth ?? 0, cell: (v) => count(of(v)?.depth) },
      { name: "Watermark", minor: true, by: (v) => of(v)?.watermark ?? 0, cell: (v) => watermarkText(of(v)?.watermark ?? null, job.now) },
    );
  }
  return shown;
}
