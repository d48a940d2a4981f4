import { useEffect, useState } from "preact/hooks";
import { joined, type Tapped, type TapRecord } from "../model/tap";
import { Live, type Standing } from "./live";

/** Records that are kept of an edge. */
const MOST = 500;

export interface Tap {
  standing: Standing<Tapped>;
  records: TapRecord[];
}

const NOTHING: Tap = { standing: { data: null, connection: "connecting", problem: null, fresh: 0 }, records: [] };

/**
 * What passes on an edge, for as long as it is shown: looking at it is what keeps it sampled. While `paused` nobody
 * looks, and what there was stays.
 */
export function useTap(path: string, paused: boolean): Tap {
  const [tap, setTap] = useState<Tap & { path: string }>({ path, ...NOTHING });
  useEffect(() => {
    if (paused) return;
    const live = new Live<Tapped>(() => path, (standing) => {
      setTap((before) => {
        const records = before.path === path ? before.records : [];
        return { path, standing, records: joined(records, standing.data?.records ?? [], MOST) };
      });
    });
    return () => live.close();
  }, [path, paused]);
  return tap.path === path ? tap : NOTHING;
}
