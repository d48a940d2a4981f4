import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { Failed } from "../../components/empty";
import { ApiError, request } from "../../link/api";
import type { Job } from "../../link/documents";
import { operations } from "../../link/operations";

type Action = "savepoint" | "stop" | "rescale" | "cancel";

/** Savepoint, stop, rescale, cancel: each asks first, and tells what came of it. */
export function Actions({ job }: { job: Job }): VNode {
  const [asked, setAsked] = useState<Action | null>(null);
  const able = job.state === "RUNNING" && !job.stopping && job.rescaling === null;
  const why = able ? undefined : `not while the job is ${job.stopping ? "stopping" : job.rescaling !== null ? "being rescaled" : job.state.toLowerCase()}`;
  return (
    <>
      <div class="row actions" role="group" aria-label="Actions">
        <button type="button" disabled={!able} title={why} onClick={() => setAsked("savepoint")}>Savepoint</button>
        <button type="button" disabled={!able && !shortOfSlots(job)} title={shortOfSlots(job) ? undefined : why} onClick={() => setAsked("rescale")}>Rescale</button>
        <button type="button" disabled={!able} title={why} onClick={() => setAsked("stop")}>Stop</button>
        {job["can-cancel"] && (
          <button type="button" class="danger" disabled={job.state === "CANCELLING"} onClick={() => setAsked("cancel")}>Cancel</button>
        )}
      </div>
      {asked && <Ask key={asked} action={asked} job={job} onClose={() => setAsked(null)} />}
    </>
  );
}

/** Nothing of it runs, as slots are missing: it takes another parallelism at once. */
function shortOfSlots(job: Job): boolean {
  return job.state === "CREATED" && job["missing-slots"] > 0;
}

interface Asking {
  action: Action;
  job: Job;
  onClose: () => void;
}

const TITLES: Record<Action, string> = { savepoint: "Take a savepoint", stop: "Stop with a savepoint", rescale: "Rescale", cancel: "Cancel the job" };
const VERBS: Record<Action, string> = { savepoint: "Take it", stop: "Stop the job", rescale: "Rescale", cancel: "Cancel the job" };

function Ask({ action, job, onClose }: Asking): VNode {
  const [folder, setFolder] = useState("");
  const [drain, setDrain] = useState(false);
  const now = Math.max(...job.vertices.map((v) => v.parallelism), 1);
  const [parallelism, setParallelism] = useState(String(now));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const act = async () => {
    setBusy(true);
    setError(null);
    const target = folder.trim() || undefined;
    try {
      if (action === "cancel") {
        await request("PATCH", `jobs/${job.id}?mode=cancel`);
        operations.say(job.id, "Cancelling", "The job is told to cancel; its state follows.");
      } else if (action === "rescale") {
        const { "request-id": id } = await request<Trigger>("PATCH", `jobs/${job.id}/rescaling?parallelism=${encodeURIComponent(parallelism)}`);
        operations.follow(job.id, `Rescaling to ${parallelism}`, `jobs/${job.id}/rescaling/${id}`);
      } else {
        const body = action === "stop" ? { targetDirectory: target, drain } : { "target-directory": target, "cancel-job": false };
        const { "request-id": id } = await request<Trigger>("POST", `jobs/${job.id}/${action === "stop" ? "stop" : "savepoints"}`, body);
        operations.follow(job.id, action === "stop" ? "Stopping with a savepoint" : "Savepoint", `jobs/${job.id}/savepoints/${id}`);
      }
      onClose();
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError(0, [String(problem)]));
      setBusy(false);
    }
  };
  return (
    <Dialog title={TITLES[action]} action={VERBS[action]} dangerous={action === "cancel" || action === "stop"} busy={busy} onDo={() => void act()} onClose={onClose}>
      <p>{explanation(action, job)}</p>
      {(action === "savepoint" || action === "stop") && (
        <label class="field">
          Folder
          <input value={folder} onInput={(e) => setFolder(e.currentTarget.value)} placeholder="as execution.checkpointing.savepoint-dir says" spellcheck={false} />
        </label>
      )}
      {action === "stop" && (
        <label class="check">
          <input type="checkbox" checked={drain} onChange={(e) => setDrain(e.currentTarget.checked)} /> drain: fire all event-time timers and end the input first. Such a
          savepoint is not for going on.
        </label>
      )}
      {action === "rescale" && (
        <label class="field">
          Parallelism
          <input type="number" min={1} max={most(job)} required value={parallelism} onInput={(e) => setParallelism(e.currentTarget.value)} />
          <span class="muted small">now {now}, at most {most(job)}</span>
        </label>
      )}
      {error && <Failed what="The cluster refused." error={error} />}
    </Dialog>
  );
}

interface Trigger {
  "request-id": string;
}

function most(job: Job): number {
  return Math.max(...job.vertices.map((v) => v["max-parallelism"]), 1);
}

function explanation(action: Action, job: Job): string {
  switch (action) {
    case "savepoint":
      return `The state of ${job.name} is written to a folder that is yours, from which a job can be started; the job goes on.`;
    case "stop":
      return `${job.name} takes a savepoint and ends behind it. It can be started again from there.`;
    case "rescale":
      if (shortOfSlots(job)) return `${job.name} waits for slots (${job["missing-slots"]} are missing). At a parallelism for which there are enough it goes on at once, from where it stopped.`;
      return `${job.name} takes a savepoint and goes on from it at another parallelism. Records wait meanwhile.`;
    case "cancel":
      return `${job.name} ends at once, without a savepoint. To be able to go on later, stop it instead.`;
  }
}
