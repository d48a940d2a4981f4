import { useEffect, useState } from "preact/hooks";
import { ApiError, get } from "./api";

interface Part {
  end: number;
  size: number;
  text: string;
}

/** Lines that are kept of a log. */
const KEPT = 2000;
const PAUSE = 1000;

/** The last lines of a log, and what is added while the page is seen. */
export function useLog(file: string | null): { lines: string[]; error: ApiError | null } {
  const [lines, setLines] = useState<string[]>([]);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    setLines([]);
    setError(null);
    if (file === null) return;
    const aborted = new AbortController();
    let end: number | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      let more = false;
      if (!document.hidden) {
        try {
          const part: Part = await get<Part>(`penstock/logs/${encodeURIComponent(file)}${end === null ? "" : `?after=${end}`}`, aborted.signal);
          const begunAnew = end !== null && part.size < end;
          end = part.end;
          more = part.text !== "" && part.end < part.size;
          const added = part.text.split("\n").slice(0, -1);
          if (added.length) setLines((before) => [...(begunAnew ? [] : before), ...added].slice(-KEPT));
          setError(null);
        } catch (problem) {
          if (aborted.signal.aborted) return;
          setError(problem instanceof ApiError ? problem : new ApiError(0, [String(problem)]));
        }
      }
      if (!aborted.signal.aborted) timer = setTimeout(() => void ask(), more ? 0 : PAUSE);
    };
    void ask();
    return () => {
      aborted.abort();
      clearTimeout(timer);
    };
  }, [file]);
  return { lines, error };
}
