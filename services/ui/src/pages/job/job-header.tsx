import type { VNode } from "preact";
import { Copy } from "../../components/copy";
import { Icon } from "../../components/icon";
import { State } from "../../components/state";
import { Tile, Tiles } from "../../components/tile";
import type { Job } from "../../link/documents";
import { firstLine } from "../../model/alerts";
import { ago, bytes, clock, count, duration, plural } from "../../model/format";
import { jobLink } from "../../model/route";
import { ended } from "../../model/states";
import { operations, useOperation } from "../../link/operations";
import { Actions } from "./actions";
import { OperationNotice } from "./operation-notice";

/** What the job is, how it is, and what can be done with it. */
export function JobHeader({ job }: { job: Job }): VNode {
  const end = job.end >= 0 ? job.end : job.now;
  const over = ended(job.state);
  const operation = useOperation(job.id);
  return (
    <div class="job-head">
      <div class="row head">
        <a href="#/" class="crumb" aria-label="Back to the overview" title="Back to the overview">
          <Icon name="back" />
        </a>
        <h1>{job.name || "(no name)"}</h1>
        <State state={job.state} />
        <Copy text={job.id} shown={`${job.id.slice(0, 8)}…`} />
        <span class="fill" />
        {!over && <Actions job={job} />}
      </div>
      {operation && !(operation.state === "doing" && doing(job)) && <OperationNotice operation={operation} onClose={() => operations.forget(job.id)} />}
      {doing(job) && <p class="notice busy" role="status">{doing(job)}</p>}
      {job.state === "FAILED" && job.failure && (
        <p class="notice bad">
          <strong>{firstLine(job.failure)}</strong> <a href={jobLink(job.id, "exceptions")}>See where</a>
        </p>
      )}
      <Tiles>
        <Tile label={over ? "Ran for" : "Running for"} value={duration(end - job.start)} detail={`${over ? "from" : "since"} ${clock(job.start, job.now)}${over ? ` to ${clock(job.end, job.now)}` : ""}`} />
        <Tile label="Restarts" value={count(job.restarts)} detail={restored(job)} level={job.restarts ? "warning" : ""} />
        <Tile label="Checkpoints" value={count(job.checkpoints.completed)} detail={checkpointDetail(job)} level={job.checkpoints["consecutive-failures"] ? "warning" : ""} />
        {!over && <Tile label="Led by" value={job.leader.service ?? "nobody"} detail={`epoch ${job.leader.epoch}`} level={job.leader.held ? "" : "bad"} />}
      </Tiles>
    </div>
  );
}

function doing(job: Job): string {
  if (job.state === "CREATED" && job["missing-slots"] > 0) {
    const what = job.rescaling !== null ? `Rescaling to parallelism ${job.rescaling}: ${job.message}` : upper(job.message);
    return `${what}. It goes on by itself when there are enough: start TaskManagers, end another job, or rescale it lower.`;
  }
  if (job.rescaling !== null) return `Rescaling to parallelism ${job.rescaling}.`;
  if (job.stopping && !ended(job.state)) return "Stopping: waiting for its savepoint.";
  if (job["restart-due"] !== null && !ended(job.state)) return `Restarting in ${duration(Math.max(0, job["restart-due"] - job.now))}: ${firstLine(job.failures.at(-1)?.message)}`;
  return job.message;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function restored(job: Job): string {
  if (!job.restored) return job.restarts ? "from the beginning" : "none";
  return `restored from checkpoint ${job.restored.checkpoint}`;
}

function checkpointDetail(job: Job): string {
  const { latest, failed, triggered } = job.checkpoints;
  if (!triggered) return "none triggered";
  const parts = latest ? [`last ${ago(latest.ended, job.now)}`, bytes(latest.size)] : ["none completed"];
  if (failed) parts.push(plural(failed, "failure"));
  return parts.join(", ");
}
