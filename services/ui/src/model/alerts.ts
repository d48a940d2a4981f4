/** What somebody should look at, worst first. */

import type { JobSummary, Overview, Service } from "../link/documents";
import { ago, plural, short } from "./format";
import { jobLink } from "./route";

export interface Alert {
  level: "bad" | "warning";
  text: string;
  advice: string;
  link?: string;
}

/** Ms for which a failed job counts as news. */
const NEWS = 3_600_000;

export function alerts(overview: Overview): Alert[] {
  const found: Alert[] = [];
  for (const lease of overview.leases) {
    if (lease.held) continue;
    if (lease.role === "resourcemanager") {
      found.push({ level: "bad", text: "No ResourceManager leads.", advice: "No job gets slots until one does; start one, or look into its log." });
    } else {
      const id = lease.role.slice("job:".length);
      const name = overview.jobs.find((job) => job.id === id)?.name ?? short(id);
      found.push({ level: "bad", text: `Nobody leads job ${name}.`, advice: "Its tasks run on, but nothing restarts or checkpoints them; start a JobManager.", link: jobLink(id) });
    }
  }
  if (overview.slots.taskmanagers === 0) {
    found.push({ level: "bad", text: "No TaskManager is registered.", advice: "Jobs wait for slots; start one, or look into its log." });
  }
  for (const service of overview.services) found.push(...refusals(service));
  for (const job of overview.jobs) found.push(...jobAlerts(job, overview));
  return found.sort((a, b) => Number(a.level === "warning") - Number(b.level === "warning"));
}

function refusals(service: Service): Alert[] {
  const kinds = Object.entries(service.unsealed).filter(([, count]) => count > 0);
  if (kinds.length === 0) return [];
  const what = kinds.map(([kind, count]) => `${kind} ${count}`).join(", ");
  return [{ level: "warning", text: `${service.id} has refused what is not sealed with the cluster secret (${what}).`, advice: "Somebody writes to Redis or the checkpoint storage without the secret, or a service has another one; see its log.", link: "#/logs" }];
}

function jobAlerts(job: JobSummary, overview: Overview): Alert[] {
  const { now } = overview;
  const found: Alert[] = [];
  if (job.state === "FAILED" && now - job.end < NEWS) {
    found.push({ level: "bad", text: `Job ${job.name} failed ${ago(job.end, now)}: ${firstLine(job.failure)}`, advice: "See its exceptions.", link: jobLink(job.id, "exceptions") });
  }
  if (job.end >= 0) return found;
  if (job.state === "RESTARTING" || job.state === "FAILING") {
    found.push({ level: "bad", text: `Job ${job.name} is ${job.state.toLowerCase()} (${plural(job.restarts, "restart")}).`, advice: firstLine(job.failure) || "See its exceptions.", link: jobLink(job.id, "exceptions") });
  } else if (job.restarts > 0) {
    found.push({ level: "warning", text: `Job ${job.name} has restarted ${plural(job.restarts, "time")}.`, advice: "See its exceptions.", link: jobLink(job.id, "exceptions") });
  }
  const missing = job["slots-wanted"] - job.slots;
  if (["CREATED", "RESTARTING", "INITIALIZING"].includes(job.state) && missing > 0 && overview.slots.free < missing) {
    found.push({ level: "warning", text: `Job ${job.name} wants ${plural(job["slots-wanted"], "slot")}; ${overview.slots.free} more are free.`, advice: "Start TaskManagers, end another job, or run it at a lower parallelism.", link: jobLink(job.id) });
  }
  const failures = job.checkpoints["consecutive-failures"];
  if (failures > 0) {
    const why = job.checkpoints["latest-failure"]?.message;
    found.push({ level: failures > 2 ? "bad" : "warning", text: `The last ${failures === 1 ? "checkpoint" : `${failures} checkpoints`} of job ${job.name} failed${why ? `: ${firstLine(why)}` : "."}`, advice: "A failure now would replay everything since the last completed one.", link: jobLink(job.id, "checkpoints") });
  }
  return found;
}

export function firstLine(text: string | null | undefined): string {
  return (text ?? "").split("\n", 1)[0] ?? "";
}
