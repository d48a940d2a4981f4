import type { VNode } from "preact";
import { Bar } from "../../components/bar";
import { Copy } from "../../components/copy";
import { Empty, Failed, Loading } from "../../components/empty";
import { State } from "../../components/state";
import { Table, type Column } from "../../components/table";
import { Tile, Tiles } from "../../components/tile";
import type { Job } from "../../link/documents";
import type { CheckpointConfig, CheckpointEntry, Checkpoints } from "../../link/flink";
import { useAnswer } from "../../link/use-answer";
import { ago, bytes, clock, count, duration } from "../../model/format";
import { jobLink } from "../../model/route";
import { CheckpointDetails } from "./checkpoint-details";
import { CheckpointSettings } from "./checkpoint-settings";

/** Whether checkpoints succeed, how long they take, and which subtask is slow. */
export function CheckpointsTab({ job, chosen }: { job: Job; chosen: string | null }): VNode {
  const { triggered, completed, failed, "in-progress": pending } = job.checkpoints;
  // asked anew when the stream tells of a change; every second only while one is under way
  const version = `${triggered}/${completed}/${failed}/${pending ? job.now : ""}`;
  const path = `jobs/${job.id}/checkpoints`;
  const { data, error } = useAnswer<Checkpoints>(path, version);
  const config = useAnswer<CheckpointConfig>(`${path}/config`, job.graph);
  if (!data) return error ? <Failed what="The checkpoints cannot be shown." error={error} /> : <Loading what="the checkpoints" />;
  return (
    <>
      <Counts data={data} now={job.now} />
      {data.history.length === 0 ? <None config={config.data} /> : <History data={data} job={job} chosen={chosen} />}
      {config.data && <CheckpointSettings config={config.data} />}
      {config.error && <Failed what="The settings cannot be shown." error={config.error} />}
    </>
  );
}

function Counts({ data, now }: { data: Checkpoints; now: number }): VNode {
  const { counts, latest } = data;
  return (
    <Tiles>
      <Tile label="Completed" value={count(counts.completed)} detail={latest.completed ? `last ${ago(latest.completed.latest_ack_timestamp, now)}` : "none"} />
      <Tile label="In progress" value={count(counts.in_progress)} detail={`${count(counts.total)} triggered in all`} />
      <Tile label="Failed" value={count(counts.failed)} detail={latest.failed?.failure_message ?? "none"} level={counts.failed ? "warning" : ""} />
      <Tile label="Last size" value={bytes(latest.completed?.state_size)} detail={latest.completed ? `${bytes(latest.completed.checkpointed_size)} of it new` : "no state yet"} />
      <Tile label="Last duration" value={duration(latest.completed?.end_to_end_duration)} detail={`${figure(data, "avg")} on average, ${figure(data, "max")} at most`} />
      <Tile label="Restored" value={count(counts.restored)} detail={latest.restored ? `last from ${latest.restored.is_savepoint ? "savepoint" : "checkpoint"} ${latest.restored.id}, ${ago(latest.restored.restore_timestamp, now)}` : "never"} />
    </Tiles>
  );
}

function figure(data: Checkpoints, name: string): string {
  const found = Number(data.summary.end_to_end_duration?.[name]);
  return Number.isFinite(found) && data.counts.completed ? duration(found) : "–";
}

function None({ config }: { config: CheckpointConfig | null }): VNode {
  const never = config !== null && config.interval > 1e15;
  return (
    <Empty title="No checkpoint yet">
      {never ? (
        <p>
          This job takes none by itself: call <code>env.enable_checkpointing(10_000)</code> or set <code>execution.checkpointing.interval</code>. A savepoint can be taken at any time.
        </p>
      ) : (
        <p>The first one comes {config ? `${duration(config.interval)} after the job has begun to run` : "soon"}.</p>
      )}
    </Empty>
  );
}

/** Of the history, at first: many of them are a long way to scroll on a phone. */
const SHOWN = 20;

function History({ data, job, chosen }: { data: Checkpoints; job: Job; chosen: string | null }): VNode {
  const slowest = Math.max(...data.history.map((c) => c.end_to_end_duration), 1);
  const largest = Math.max(...data.history.map((c) => c.state_size), 1);
  const columns: Column<CheckpointEntry>[] = [
    { name: "Id", by: (c) => c.id, cell: (c) => <Open entry={c} job={job.id} chosen={chosen} /> },
    { name: "Status", by: (c) => c.status, cell: (c) => <State state={c.status} /> },
    { name: "Kind", by: (c) => c.checkpoint_type, cell: (c) => c.checkpoint_type.toLowerCase().replaceAll("_", " ") },
    { name: "Acknowledged", numeric: true, by: (c) => c.num_acknowledged_subtasks, cell: (c) => `${c.num_acknowledged_subtasks} of ${c.num_subtasks}` },
    { name: "Triggered", numeric: true, by: (c) => c.trigger_timestamp, cell: (c) => clock(c.trigger_timestamp, job.now) },
    { name: "Duration", by: (c) => c.end_to_end_duration, cell: (c) => <Bar share={c.end_to_end_duration / slowest} text={duration(c.end_to_end_duration)} /> },
    { name: "Size", by: (c) => c.state_size, cell: (c) => <Bar share={c.state_size / largest} text={bytes(c.state_size)} /> },
    { name: "New", numeric: true, minor: true, by: (c) => c.checkpointed_size, cell: (c) => bytes(c.checkpointed_size) },
  ];
  const below = (entry: CheckpointEntry) =>
    String(entry.id) === chosen ? (
      <>
        {entry.failure_message && <p class="bad">{entry.failure_message}</p>}
        {entry.external_path && (
          <p>
            {entry.discarded ? "Was at" : "At"} <Copy text={entry.external_path} /> {entry.discarded && <span class="muted">(discarded)</span>}
          </p>
        )}
        <CheckpointDetails job={job} checkpoint={entry.id} version={entry.num_acknowledged_subtasks} />
      </>
    ) : entry.failure_message ? (
      <span class="bad small">{entry.failure_message}</span>
    ) : null;
  return (
    <section aria-label="History">
      <h2>History</h2>
      <Table label="Checkpoints" columns={columns} rows={data.history} keyOf={(c) => c.id} marked={(c) => String(c.id) === chosen} most={SHOWN} below={below} />
    </section>
  );
}

function Open({ entry, job, chosen }: { entry: CheckpointEntry; job: string; chosen: string | null }): VNode {
  const open = String(entry.id) === chosen;
  return (
    <a href={jobLink(job, "checkpoints", open ? {} : { checkpoint: String(entry.id) })} role="button" aria-expanded={open} aria-label={`Checkpoint ${entry.id}, details`}>
      {open ? "▾" : "▸"} {entry.id}
    </a>
  );
}
