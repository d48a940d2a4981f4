import { useEffect, useState } from "preact/hooks";
import { followPath, lookedAt, type Log, type LogDocument } from "../model/log-choice";
import { NO_LINES, tailed } from "../model/log-tail";
import { connection } from "./connection";
import { Live } from "./live";

/** Lines that are kept of a log. */
const KEPT = 2000;

/** The last lines of a log, and what is added while the page is seen. Null: of the one that says most. */
export function useLog(file: string | null): Log {
  const [log, setLog] = useState<Log>({ file, standing: { data: null, connection: "connecting", problem: null, fresh: 0 }, tail: NO_LINES });
  useEffect(() => {
    let tail = NO_LINES;
    const live = new Live<LogDocument>(() => followPath(file, tail), (standing) => {
      const { connection: how, problem, fresh, data } = standing;
      connection.set({ connection: how, problem, fresh });
      if (data) tail = tailed(tail, data, KEPT);
      setLog((before) => ({ file, tail, standing: { ...standing, data: data ?? lookedAt(before, file).standing.data } }));
    });
    return () => live.close();
  }, [file]);
  return lookedAt(log, file);
}
