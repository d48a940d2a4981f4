/** Which log is looked at, and what stays on the page when another one is chosen. */

import type { Standing } from "../link/live";
import { NO_LINES, type LogPart, type LogTail } from "./log-tail";

/** The document of the page: the logs there are, and what was added to the one that is looked at. */
export interface LogDocument extends LogPart {
  now: number;
  folder: boolean;
  logs: { name: string; size: number }[];
}

export interface Log {
  /** That was asked for. */
  file: string | null;
  standing: Standing<LogDocument>;
  tail: LogTail;
}

/** The list of logs stays until the other log's comes, so that choice and filters do; the lines are not its own. */
export function lookedAt(log: Log, file: string | null): Log {
  if (log.file === file) return log;
  const { data } = log.standing;
  const kept = data && { ...data, name: file ?? data.name };
  return { file, tail: NO_LINES, standing: { ...log.standing, data: kept, connection: "connecting", problem: null } };
}

/** What is asked for: from where `tail` ends, of the same log, though none was asked for by name. */
export function followPath(file: string | null, tail: LogTail): string {
  const asked = new URLSearchParams();
  if (file !== null) asked.set("file", file);
  if (tail.name !== null) {
    if (file === null) asked.set("last", tail.name);
    asked.set("after", String(tail.end));
  }
  const query = asked.toString();
  return query ? `logs?${query}` : "logs";
}
