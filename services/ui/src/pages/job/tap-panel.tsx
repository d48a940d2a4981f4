import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Empty, Failed, Loading } from "../../components/empty";
import { Table, type Column } from "../../components/table";
import type { Job } from "../../link/documents";
import { useAnswer } from "../../link/use-answer";
import { useTap, type Tap } from "../../link/use-tap";
import { clock, count, plural } from "../../model/format";
import { jobLink } from "../../model/route";
import { ended } from "../../model/states";
import { matching, timeText, type TapEdge, type TapRecord, type TapVertex } from "../../model/tap";

/** Rows that are drawn. */
const SHOWN = 200;

interface Properties {
  job: Job;
  vertex: string;
  edge: string;
}

/** The records that pass on an edge of a vertex, now. */
export function TapPanel({ job, vertex, edge }: Properties): VNode {
  const points = useAnswer<{ vertices: TapVertex[] }>(`penstock/jobs/${job.id}/taps`, job.graph);
  const edges = points.data?.vertices.find((v) => v.id === vertex)?.edges ?? [];
  const chosen = edges.find((e) => e.id === edge);
  const close = jobLink(job.id, "graph", { vertex });
  return (
    <section aria-label="Tap" class="tap">
      <div class="row head">
        <h2>Tap</h2>
        <span class="fill" />
        <a class="button" href={close}>Close the tap</a>
      </div>
      <nav class="tap-edges" aria-label="Edges of the vertex">
        {edges.map((e) => (
          <a key={e.id} class="button" href={jobLink(job.id, "graph", { vertex, tap: e.id })} aria-current={e.id === edge ? "true" : undefined}>
            {e.name.replaceAll(" -> ", " → ")}
          </a>
        ))}
      </nav>
      <Body job={job} vertex={vertex} edge={edge} chosen={chosen} points={points} />
    </section>
  );
}

function Body({ job, vertex, edge, chosen, points }: Properties & { chosen: TapEdge | undefined; points: ReturnType<typeof useAnswer<{ vertices: TapVertex[] }>> }): VNode {
  if (points.error) return <Failed what="The edges of this job cannot be tapped." error={points.error} />;
  if (!points.data) return <Loading what="the edges" />;
  if (!chosen) {
    return (
      <Empty title="The vertex has no such edge">
        <p>
          Nothing of it is called <code>{edge}</code>; choose one of the edges above.
        </p>
      </Empty>
    );
  }
  if (ended(job.state)) {
    return (
      <Empty title={`The job is ${job.state}`}>
        <p>Nothing passes in it any more. Records are not kept; run it again, and look while it runs.</p>
      </Empty>
    );
  }
  return <Records key={chosen.id} job={job} vertex={vertex} edge={chosen} />;
}

function Records({ job, vertex, edge }: { job: Job; vertex: string; edge: TapEdge }): VNode {
  const [paused, setPaused] = useState(false);
  const [text, setText] = useState("");
  const [subtask, setSubtask] = useState("");
  const query = new URLSearchParams({ edge: edge.id, ...(subtask === "" ? {} : { subtask }) });
  const tap = useTap(`jobs/${job.id}/vertices/${vertex}/tap?${query}`, paused);
  const found = matching(tap.records, text).slice(-SHOWN).reverse();
  return (
    <>
      <div class="row tap-controls">
        <button type="button" onClick={() => setPaused(!paused)} aria-pressed={paused}>
          {paused ? "Go on" : "Pause"}
        </button>
        <label>
          Subtask{" "}
          <select value={subtask} onChange={(e) => setSubtask(e.currentTarget.value)}>
            <option value="">all {edge.subtasks}</option>
            {Array.from({ length: edge.subtasks }, (_, n) => (
              <option key={n} value={String(n)}>
                {n}
              </option>
            ))}
          </select>
        </label>
        <input type="search" placeholder="text or key" aria-label="Filter records" value={text} onInput={(e) => setText(e.currentTarget.value)} />
        <span class="fill" />
        <span class="muted small" role="status" aria-label="Sampling">
          {standingOf(tap, paused, subtask === "" ? edge.subtasks : 1)}
        </span>
      </div>
      {tap.standing.problem && tap.standing.problem.status !== 503 && <Failed what="The edge cannot be tapped." error={tap.standing.problem} />}
      {found.length ? (
        <Table label="Records" columns={columns(edge, found)} rows={found} keyOf={(record) => record.id} />
      ) : (
        <Nothing tap={tap} text={text} paused={paused} />
      )}
    </>
  );
}

function standingOf(tap: Tap, paused: boolean, subtasks: number): string {
  if (paused) return "paused: nothing is sampled";
  const sampling = tap.standing.data?.subtasks.length ?? 0;
  return `${sampling} of ${plural(subtasks, "subtask")} sampled · ${count(tap.records.length)} seen`;
}

function Nothing({ tap, text, paused }: { tap: Tap; text: string; paused: boolean }): VNode {
  if (tap.records.length && text.trim()) {
    return (
      <Empty title="No record has this text">
        <p>
          None of the {count(tap.records.length)} seen has <code>{text.trim()}</code> in its text or key. On a busy edge a sample is shown, not every record.
        </p>
      </Empty>
    );
  }
  if (paused) return <Empty title="Paused"><p>Nothing was seen before. Go on to look again.</p></Empty>;
  if (!tap.standing.data?.subtasks.length) return <Loading what="the first sample" />;
  return (
    <Empty title="Nothing has passed yet">
      <p>The edge is looked at, and no record came by. Its source may have nothing just now, or a window has not fired: see the rates in the graph.</p>
    </Empty>
  );
}

function columns(edge: TapEdge, rows: TapRecord[]): Column<TapRecord>[] {
  const has = (name: "key" | "timestamp" | "watermark") => rows.some((row) => row[name] !== null);
  const shown: Column<TapRecord>[] = [
    { name: "Seen", cell: (r) => clock(r.time) },
    { name: "Subtask", numeric: true, cell: (r) => (r.producer === null || r.producer === undefined ? String(r.subtask) : `${r.producer} → ${r.subtask}`) },
  ];
  if (has("key")) shown.push({ name: "Key", cell: (r) => <code class="clip">{r.key ?? ""}</code> });
  shown.push({ name: "Record", wordy: true, cell: (r) => <code class="record" title={r.type}>{r.text}</code> });
  if (has("timestamp")) shown.push({ name: "Timestamp", minor: edge["in-chain"], cell: (r) => timeText(r.timestamp) });
  if (has("watermark")) shown.push({ name: "Watermark", minor: true, cell: (r) => timeText(r.watermark) });
  return shown;
}
