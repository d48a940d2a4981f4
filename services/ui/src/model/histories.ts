/** The histories of the jobs that were looked at last, so that going to and fro loses nothing. */

import type { Job } from "../link/documents";
import { History } from "./rates";

const KEPT = 4;
const histories = new Map<string, History>();

export function historyOf(job: Job): History {
  const history = histories.get(job.id) ?? new History();
  histories.delete(job.id);
  histories.set(job.id, history);
  for (const id of [...histories.keys()].slice(0, -KEPT)) histories.delete(id);
  history.add(job);
  return history;
}
