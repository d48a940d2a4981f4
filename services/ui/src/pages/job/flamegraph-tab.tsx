import type { VNode } from "preact";
import { Empty, Failed, Loading } from "../../components/empty";
import { FlameGraph } from "../../components/flame-graph";
import type { Job } from "../../link/documents";
import { usePolled } from "../../link/use-polled";
import { ago } from "../../model/format";
import type { Frame } from "../../model/flame";
import { jobLink } from "../../model/route";
import { ended } from "../../model/states";

const TYPES: [string, string][] = [
  ["FULL", "all the time"],
  ["ON_CPU", "on the CPU"],
  ["OFF_CPU", "waiting"],
];

interface Properties {
  job: Job;
  chosen: string | null;
  type: string | null;
  subtask: string | null;
}

/** Where the time of a vertex's subtasks goes, frame by frame; slots are sampled while this is looked at. */
export function FlamegraphTab({ job, chosen, type, subtask }: Properties): VNode {
  const vertex = job.vertices.find((v) => v.id === chosen) ?? job.vertices[0];
  const kind = TYPES.some(([name]) => name === type) ? type! : "FULL";
  const of = subtask !== null && vertex && Number(subtask) < vertex.parallelism ? subtask : null;
  const over = !vertex || ended(vertex.state);
  const path = over ? null : `jobs/${job.id}/vertices/${vertex.id}/flamegraph?type=${kind}${of === null ? "" : `&subtaskindex=${of}`}`;
  const { data, error } = usePolled<{ endTimestamp: number; data: Frame | null }>(path, 2000);
  if (!vertex || over) {
    return (
      <Empty title="Nothing runs">
        <p>A flame graph is made of samples of what runs; this {vertex ? "vertex" : "job"} has ended.</p>
      </Empty>
    );
  }
  const go = (change: Record<string, string>) => {
    const asked = { vertex: vertex.id, type: kind, ...(of === null ? {} : { subtask: of }), ...change };
    location.hash = jobLink(job.id, "flamegraph", Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ""))).slice(1);
  };
  return (
    <section aria-label="Flame graph">
      <div class="row head filters">
        <label>
          Vertex{" "}
          <select value={vertex.id} onChange={(e) => go({ vertex: e.currentTarget.value, subtask: "" })}>
            {job.vertices.map((v) => <option key={v.id} value={v.id}>{v.name}</option>)}
          </select>
        </label>
        <label>
          Subtask{" "}
          <select value={of ?? ""} onChange={(e) => go({ subtask: e.currentTarget.value })}>
            <option value="">all</option>
            {vertex.subtasks.map((s) => <option key={s.subtask} value={String(s.subtask)}>{s.subtask}</option>)}
          </select>
        </label>
        <label>
          Time{" "}
          <select value={kind} onChange={(e) => go({ type: e.currentTarget.value })}>
            {TYPES.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
          </select>
        </label>
      </div>
      {error && <Failed what="The flame graph cannot be shown." error={error} />}
      {!data && !error && <Loading what="the flame graph" />}
      {data && <Shown data={data} now={job.now} />}
    </section>
  );
}

function Shown({ data, now }: { data: { endTimestamp: number; data: Frame | null }; now: number }): VNode {
  if (data.endTimestamp === -2) {
    return (
      <Empty title="Flame graphs are switched off">
        <p>
          Set <code>rest.flamegraph.enabled: true</code> for the dispatchers.
        </p>
      </Empty>
    );
  }
  if (data.data === null) return <p class="muted loading" role="status">The slots have begun to take samples; the first are here in two seconds…</p>;
  if (data.data.value === 0) return <Empty title="No sample of this kind"><p>Choose another kind of time: in the samples there are, the subtasks did nothing of it.</p></Empty>;
  return (
    <>
      <FlameGraph root={data.data} />
      <p class="muted small">
        {data.data.value} samples, the newest {ago(data.endTimestamp, now)}. <span class="swatch user" aria-hidden="true" /> your functions and libraries <span class="swatch own" aria-hidden="true" /> Penstock <span class="swatch idle-frame" aria-hidden="true" /> waiting. Time inside of a C function is that of the
        line that called it. All tasks of a slot share one thread.
      </p>
    </>
  );
}
