import { useEffect, useState } from "preact/hooks";
import { connection } from "./connection";
import { Live, type Standing } from "./live";

const EMPTY = { data: null, connection: "connecting", problem: null, fresh: 0 } as const;

/** The document of a page. Whoever shows one page has one stream. */
export function useLive<T extends { now: number }>(path: string): Standing<T> {
  const [standing, setStanding] = useState<{ path: string; of: Standing<T> }>({ path, of: EMPTY });
  useEffect(() => {
    const live = new Live<T>(() => path, (of) => {
      connection.set({ connection: of.connection, problem: of.problem, fresh: of.fresh });
      setStanding({ path, of });
    });
    return () => live.close();
  }, [path]);
  return standing.path === path ? standing.of : EMPTY;
}
