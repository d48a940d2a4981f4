/** Kinds of states, for their colours: the word always stands beside. */

export type Kind = "good" | "busy" | "done" | "warning" | "bad" | "quiet";

const KINDS: Record<string, Kind> = {
  RUNNING: "good",
  LEADING: "good",
  ACTIVE: "good",
  COMPLETED: "done",
  FINISHED: "done",
  INITIALIZING: "busy",
  CREATED: "quiet",
  SCHEDULED: "busy",
  DEPLOYING: "busy",
  IN_PROGRESS: "busy",
  OFFERED: "busy",
  RESTARTING: "warning",
  FAILING: "bad",
  FAILED: "bad",
  CANCELLING: "warning",
  CANCELING: "warning",
};

export function kind(state: string): Kind {
  return KINDS[state] ?? "quiet";
}

const ENDED = ["FINISHED", "CANCELED", "FAILED"];

export function ended(state: string): boolean {
  return ENDED.includes(state);
}
