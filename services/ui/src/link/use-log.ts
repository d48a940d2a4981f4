import { useEffect, useState } from "preact/hooks";
import { NO_LINES, tailed, type LogPart, type LogTail } from "../model/log-tail";
import { connection } from "./connection";
import { Live, type Standing } from "./live";

/** The document of the page: the logs there are, and what was added to the one that is looked at. */
export interface LogDocument extends LogPart {
  now: number;
  folder: boolean;
  logs: { name: string; size: number }[];
}

export interface Log {
  standing: Standing<LogDocument>;
  tail: LogTail;
}

/** Lines that are kept of a log. */
const KEPT = 2000;
const NOTHING: Log = { standing: { data: null, connection: "connecting", problem: null, fresh: 0 }, tail: NO_LINES };

/** The last lines of a log, and what is added while the page is seen. Null: of the one that says most. */
export function useLog(file: string | null): Log {
  const path = file === null ? "logs" : `logs?file=${encodeURIComponent(file)}`;
  const [log, setLog] = useState<Log & { path: string }>({ path, ...NOTHING });
  useEffect(() => {
    let tail = NO_LINES;
    const live = new Live<LogDocument>(path, (standing) => {
      const { connection: how, problem, fresh, data } = standing;
      connection.set({ connection: how, problem, fresh });
      if (data) tail = tailed(tail, data, KEPT);
      setLog({ path, standing, tail });
    });
    return () => live.close();
  }, [path]);
  return log.path === path ? log : NOTHING;
}
