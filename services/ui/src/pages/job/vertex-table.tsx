import type { VNode } from "preact";
import { Bar } from "../../components/bar";
import { State } from "../../components/state";
import { Table, type Column } from "../../components/table";
import type { Job, Vertex } from "../../link/documents";
import { bytes, count, rate } from "../../model/format";
import type { VertexRates } from "../../model/rates";
import { jobLink } from "../../model/route";
import { ended } from "../../model/states";
import { watermarkText } from "../../model/watermark";

/** All vertices side by side. */
export function VertexTable({ job, rates }: { job: Job; rates: Map<string, VertexRates> }): VNode {
  return (
    <section aria-label="Vertices">
      <h2>Vertices</h2>
      <Table label="Vertices" columns={columns(job, rates)} rows={job.vertices} keyOf={(v) => v.id} />
    </section>
  );
}

type Counter = "records-in" | "records-out" | "bytes-in" | "bytes-out";

function columns(job: Job, rates: Map<string, VertexRates>): Column<Vertex>[] {
  const of = (v: Vertex) => rates.get(v.id);
  const total = (v: Vertex, name: Counter) => v.subtasks.reduce((sum, s) => sum + (s.measured?.[name] ?? 0), 0);
  const shown: Column<Vertex>[] = [
    { name: "Vertex", by: (v) => v.name, cell: (v) => <a href={jobLink(job.id, "graph", { vertex: v.id })}>{v.name}</a> },
    { name: "State", by: (v) => v.state, cell: (v) => <State state={v.state} /> },
    { name: "Parallelism", numeric: true, by: (v) => v.parallelism, cell: (v) => String(v.parallelism) },
  ];
  if (!ended(job.state)) {
    shown.push(
      { name: "Busy", by: (v) => of(v)?.busy ?? 0, cell: (v) => <Bar share={of(v)?.busy ?? 0} kind="heat" /> },
      { name: "Held back", by: (v) => of(v)?.backpressured ?? 0, cell: (v) => <Bar share={of(v)?.backpressured ?? 0} kind="held" /> },
      { name: "In", numeric: true, by: (v) => of(v)?.in ?? 0, cell: (v) => rate(of(v)?.in) },
      { name: "Out", numeric: true, by: (v) => of(v)?.out ?? 0, cell: (v) => rate(of(v)?.out) },
      { name: "Input log", numeric: true, minor: true, by: (v) => of(v)?.depth ?? 0, cell: (v) => count(of(v)?.depth) },
      { name: "Watermark", minor: true, by: (v) => of(v)?.watermark ?? 0, cell: (v) => watermarkText(of(v)?.watermark ?? null, job.now) },
    );
  }
  shown.push(
    { name: "Records in", numeric: true, by: (v) => total(v, "records-in"), cell: (v) => count(total(v, "records-in")) },
    { name: "Records out", numeric: true, by: (v) => total(v, "records-out"), cell: (v) => count(total(v, "records-out")) },
    { name: "Bytes in", numeric: true, minor: true, by: (v) => total(v, "bytes-in"), cell: (v) => bytes(total(v, "bytes-in")) },
    { name: "Bytes out", numeric: true, minor: true, by: (v) => total(v, "bytes-out"), cell: (v) => bytes(total(v, "bytes-out")) },
  );
  return shown;
}
