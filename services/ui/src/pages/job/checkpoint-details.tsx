import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Bar } from "../../components/bar";
import { Columns } from "../../components/columns";
import { Failed, Loading } from "../../components/empty";
import { Table, type Column } from "../../components/table";
import type { Job } from "../../link/documents";
import type { CheckpointEntry, CheckpointSubtask, CheckpointSubtasks, CheckpointTask } from "../../link/flink";
import { useAnswer } from "../../link/use-answer";
import { bytes, clock, duration } from "../../model/format";

interface Properties {
  job: Job;
  checkpoint: number;
  version: number;
}

interface Part extends CheckpointTask {
  vertex: string;
  name: string;
}

/** One checkpoint by vertex, and each vertex by subtask. */
export function CheckpointDetails({ job, checkpoint, version }: Properties): VNode {
  const path = `jobs/${job.id}/checkpoints/details/${checkpoint}`;
  const { data, error } = useAnswer<CheckpointEntry>(path, version);
  const [open, setOpen] = useState<string | null>(null);
  if (!data) return error ? <Failed what="The details cannot be shown." error={error} /> : <Loading what="the details" />;
  const names = new Map(job.vertices.map((v) => [v.id, v.name]));
  const parts: Part[] = Object.entries(data.tasks).map(([vertex, task]) => ({ ...task, vertex, name: names.get(vertex) ?? vertex }));
  const slowest = Math.max(...parts.map((p) => p.end_to_end_duration), 1);
  const columns: Column<Part>[] = [
    {
      name: "Vertex",
      wordy: true,
      by: (p) => p.name,
      cell: (p) => (
        <button type="button" class="link" aria-expanded={open === p.vertex} onClick={() => setOpen(open === p.vertex ? null : p.vertex)}>
          {open === p.vertex ? "▾" : "▸"} {p.name}
        </button>
      ),
    },
    { name: "Acknowledged", numeric: true, by: (p) => p.num_acknowledged_subtasks, cell: (p) => `${p.num_acknowledged_subtasks} of ${p.num_subtasks}` },
    { name: "Last at", numeric: true, minor: true, by: (p) => p.latest_ack_timestamp, cell: (p) => clock(p.latest_ack_timestamp, job.now) },
    { name: "Duration", by: (p) => p.end_to_end_duration, cell: (p) => <Bar share={p.end_to_end_duration / slowest} text={duration(p.end_to_end_duration)} /> },
    { name: "Size", numeric: true, by: (p) => p.state_size, cell: (p) => bytes(p.state_size) },
    { name: "New", numeric: true, minor: true, by: (p) => p.checkpointed_size, cell: (p) => bytes(p.checkpointed_size) },
  ];
  return <Table label={`Checkpoint ${checkpoint} by vertex`} columns={columns} rows={parts} keyOf={(p) => p.vertex} below={(p) => (p.vertex === open ? <Subtasks path={`${path}/subtasks/${p.vertex}`} now={job.now} version={version} /> : null)} />;
}

function Subtasks({ path, now, version }: { path: string; now: number; version: number }): VNode {
  const { data, error } = useAnswer<CheckpointSubtasks>(path, version);
  const [marked, setMarked] = useState<number | null>(null);
  if (!data) return error ? <Failed what="The subtasks cannot be shown." error={error} /> : <Loading what="the subtasks" />;
  const values = (pick: (s: CheckpointSubtask) => number | undefined) => data.subtasks.map((s) => pick(s) ?? null);
  const choice = { onChoose: setMarked, chosen: marked };
  return (
    <>
      <div class="skews">
        <Columns label="Duration" values={values((s) => s.end_to_end_duration)} text={duration} {...choice} />
        <Columns label="Size" values={values((s) => s.state_size)} text={bytes} {...choice} />
        <Columns label="Alignment" values={values((s) => s.alignment?.duration)} text={duration} {...choice} />
      </div>
      <Table label="Subtasks of the checkpoint" columns={subtaskColumns(now)} rows={data.subtasks} keyOf={(s) => s.index} marked={(s) => s.index === marked} />
    </>
  );
}

function subtaskColumns(now: number): Column<CheckpointSubtask>[] {
  const time = (name: string, pick: (s: CheckpointSubtask) => number | undefined, minor = false): Column<CheckpointSubtask> => ({
    name, numeric: true, minor, by: (s) => pick(s) ?? -1, cell: (s) => duration(pick(s)),
  });
  return [
    { name: "Subtask", by: (s) => s.index, cell: (s) => String(s.index) },
    { name: "Acknowledged", numeric: true, by: (s) => s.ack_timestamp ?? 0, cell: (s) => (s.ack_timestamp ? clock(s.ack_timestamp, now) : "not yet") },
    time("Duration", (s) => s.end_to_end_duration),
    { name: "Size", numeric: true, by: (s) => s.state_size ?? 0, cell: (s) => bytes(s.state_size) },
    time("Start delay", (s) => s.start_delay, true),
    time("Alignment", (s) => s.alignment?.duration, true),
    time("Synchronous", (s) => s.checkpoint?.sync, true),
    time("Asynchronous", (s) => s.checkpoint?.async, true),
  ];
}
