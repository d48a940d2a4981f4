import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { State, TaskCounts } from "../components/state";
import { Table, type Column } from "../components/table";
import type { JobSummary } from "../link/documents";
import { ago, bytes, clock, count, duration, short } from "../model/format";
import { jobLink } from "../model/route";
import { ended } from "../model/states";

/** Running jobs, then those that ended; both searched by one field. */
export function Jobs({ jobs, now, omitted }: { jobs: JobSummary[]; now: number; omitted: number }): VNode {
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const found = jobs.filter((job) => !wanted || `${job.name} ${job.id} ${job.state}`.toLowerCase().includes(wanted));
  const running = found.filter((job) => !ended(job.state));
  const past = found.filter((job) => ended(job.state));
  return (
    <section aria-label="Jobs">
      <div class="row head">
        <h2>Jobs</h2>
        <span class="fill" />
        <input type="search" placeholder="name, id or state" aria-label="Search jobs" value={text} onInput={(e) => setText(e.currentTarget.value)} />
      </div>
      <h3>Running</h3>
      {running.length ? <Table label="Running jobs" columns={columns(now, true)} rows={running} keyOf={(job) => job.id} /> : <p class="muted">{wanted ? "None of that name." : "None."}</p>}
      <h3>Completed</h3>
      {past.length ? <Table label="Completed jobs" columns={columns(now, false)} rows={past} keyOf={(job) => job.id} /> : <p class="muted">{wanted ? "None of that name." : "None."}</p>}
      {omitted > 0 && <p class="muted">{omitted} older ones are not listed; <code>penstock list -a</code> lists all.</p>}
    </section>
  );
}

function columns(now: number, running: boolean): Column<JobSummary>[] {
  const end = (job: JobSummary) => (job.end >= 0 ? job.end : now);
  const shown: Column<JobSummary>[] = [
    { wordy: true, name: "Job", by: (job) => job.name, cell: (job) => <NamedJob job={job} /> },
    { name: "State", by: (job) => job.state, cell: (job) => <State state={job.state} /> },
    { name: "Started", numeric: true, by: (job) => job.start, cell: (job) => clock(job.start, now) },
    { name: "Duration", numeric: true, by: (job) => end(job) - job.start, cell: (job) => duration(end(job) - job.start) },
  ];
  if (running) {
    shown.push(
      { name: "Tasks", cell: (job) => <TaskCounts tasks={job.tasks} /> },
      { name: "Slots", numeric: true, by: (job) => job.slots, cell: (job) => `${job.slots} of ${job["slots-wanted"]}` },
      { name: "Last checkpoint", numeric: true, by: (job) => job.checkpoints.latest?.ended ?? 0, cell: (job) => <LastCheckpoint job={job} now={now} /> },
    );
  } else {
    shown.push({ name: "Ended", numeric: true, by: (job) => job.end, cell: (job) => clock(job.end, now) });
  }
  shown.push({ name: "Restarts", numeric: true, minor: true, by: (job) => job.restarts, cell: (job) => count(job.restarts) });
  return shown;
}

function NamedJob({ job }: { job: JobSummary }): VNode {
  return (
    <>
      <a href={jobLink(job.id)}>{job.name || "(no name)"}</a> <code class="muted">{short(job.id)}</code>
      {job.message && <div class="muted small">{job.message}</div>}
      {job.state === "FAILED" && job.failure && <div class="bad small clip">{job.failure}</div>}
    </>
  );
}

function LastCheckpoint({ job, now }: { job: JobSummary; now: number }): VNode {
  const { latest, failed, triggered } = job.checkpoints;
  if (!triggered) return <span class="muted">none yet</span>;
  return (
    <a href={jobLink(job.id, "checkpoints")}>
      {latest ? `${ago(latest.ended, now)}, ${bytes(latest.size)}` : "none completed"}
      {failed > 0 && <span class="bad"> {failed} failed</span>}
    </a>
  );
}
