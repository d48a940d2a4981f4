import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Bar } from "../../components/bar";
import { Columns } from "../../components/columns";
import { Copy } from "../../components/copy";
import { Flow } from "../../components/flow";
import { State } from "../../components/state";
import { Table, type Column } from "../../components/table";
import type { GraphVertex, Job, Subtask, Vertex } from "../../link/documents";
import { clock, count, duration, percent, rate } from "../../model/format";
import type { Rates, VertexRates } from "../../model/rates";
import { jobLink, taskmanagerLink } from "../../model/route";
import { ended } from "../../model/states";
import { watermarkText } from "../../model/watermark";
import { TapButton } from "./tap-button";
import { UserMetrics } from "./user-metrics";

interface Properties {
  job: Job;
  vertex: Vertex;
  operators: GraphVertex["operators"];
  rates: VertexRates | undefined;
}

/** One vertex: how its subtasks compare, and each of them. */
export function VertexPanel({ job, vertex, operators, rates }: Properties): VNode {
  const [marked, setMarked] = useState<number | null>(null);
  const live = !ended(vertex.state);
  const of = (subtask: Subtask) => rates?.subtasks[subtask.subtask] ?? null;
  const values = (pick: (r: Rates) => number) => vertex.subtasks.map((s) => { const found = of(s); return found ? pick(found) : null; });
  const totals = (name: "records-in" | "records-out" | "bytes-in") => vertex.subtasks.map((s) => s.measured?.[name] ?? null);
  const depths = vertex.subtasks.map((s) => s.depth);
  const latencies = vertex.subtasks.map((s) => s.measured?.latency?.p99 ?? null);
  const choice = { onChoose: setMarked, chosen: marked };
  return (
    <section aria-label={`Vertex ${vertex.name}`} class="vertex">
      <div class="row head">
        <h2>{vertex.name}</h2>
        <State state={vertex.state} />
        <span class="fill" />
        {live && <TapButton job={job} vertex={vertex.id} />}
        {live && <a class="button" href={jobLink(job.id, "flamegraph", { vertex: vertex.id })}>Flame graph</a>}
        <a class="button" href={jobLink(job.id)}>Close</a>
      </div>
      <ol class="chain">
        {operators.map((operator) => (
          <li key={operator.id}>
            {operator.name} {operator.uid ? <span class="muted">uid {operator.uid}</span> : <Copy text={operator.id} shown={operator.id.slice(0, 8)} />}
          </li>
        ))}
      </ol>
      <div class="skews">
        {live ? (
          <>
            <Columns label="Busy" values={values((r) => r.busy)} most={1} text={percent} kind="heat" {...choice} />
            <Columns label="Held back" values={values((r) => r.backpressured)} most={1} text={percent} kind="held" {...choice} />
            <Columns label="Records in" values={values((r) => r.in)} text={rate} {...choice} />
            <Columns label="Records out" values={values((r) => r.out)} text={rate} {...choice} />
            {depths.some((d) => d !== null) && <Columns label="Input log" spread={false} values={depths} text={count} {...choice} />}
            {latencies.some((l) => l !== null) && <Columns label="Latency p99" values={latencies} text={duration} {...choice} />}
          </>
        ) : null}
        <Columns label="Total records in" values={totals("records-in")} text={count} {...choice} />
        {!live && <Columns label="Total records out" values={totals("records-out")} text={count} {...choice} />}
      </div>
      <Table label="Subtasks" columns={columns(job, of, live)} rows={vertex.subtasks} keyOf={(s) => s.subtask} marked={(s) => s.subtask === marked} below={(s) => (s.failure ? <span class="bad">{s.failure}</span> : null)} />
      <UserMetrics subtasks={vertex.subtasks} />
    </section>
  );
}

function columns(job: Job, of: (s: Subtask) => Rates | null, live: boolean): Column<Subtask>[] {
  const shown: Column<Subtask>[] = [
    { name: "Subtask", by: (s) => s.subtask, cell: (s) => String(s.subtask) },
    { name: "State", by: (s) => s.state, cell: (s) => <><State state={s.state} />{s.exhausted && s.state === "RUNNING" && <span class="muted small"> waits for the last checkpoint</span>}</> },
    { name: "Attempt", numeric: true, by: (s) => s.attempt, cell: (s) => String(s.attempt) },
    { name: "TaskManager", by: (s) => s.taskmanager ?? "", cell: (s) => (s.taskmanager ? <a href={taskmanagerLink(s.taskmanager)}>{s.taskmanager}</a> : <span class="muted">unassigned</span>) },
    { name: "Host", minor: true, by: (s) => s.endpoint ?? "", cell: (s) => s.endpoint ?? "–" },
  ];
  if (live) {
    shown.push(
      { name: "Busy", by: (s) => of(s)?.busy ?? 0, cell: (s) => <Bar share={of(s)?.busy ?? 0} kind="heat" text={percent(of(s)?.busy)} /> },
      { name: "Held back", by: (s) => of(s)?.backpressured ?? 0, cell: (s) => <Bar share={of(s)?.backpressured ?? 0} kind="held" text={percent(of(s)?.backpressured)} /> },
    );
  }
  const flow = (name: string, direction: "in" | "out"): Column<Subtask> => {
    const records = (s: Subtask) => s.measured?.[`records-${direction}`];
    return {
      name,
      numeric: true,
      by: (s) => (live ? of(s)?.[direction] : records(s)) ?? 0,
      cell: (s) => <Flow live={live} perSecond={of(s)?.[direction]} records={records(s)} size={s.measured?.[`bytes-${direction}`]} />,
    };
  };
  shown.push(flow("In", "in"), flow("Out", "out"));
  if (live) {
    shown.push(
      { name: "Input log", numeric: true, minor: true, by: (s) => s.depth ?? 0, cell: (s) => count(s.depth) },
      { name: "Watermark", minor: true, by: (s) => s.measured?.watermark ?? 0, cell: (s) => watermarkText(s.measured?.watermark ?? null, job.now) },
    );
  }
  shown.push({ name: "Deployed", numeric: true, minor: true, by: (s) => s.timestamps.DEPLOYING ?? 0, cell: (s) => clock(s.timestamps.DEPLOYING, job.now) });
  return shown;
}
