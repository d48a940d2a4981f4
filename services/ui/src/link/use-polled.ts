import { useEffect, useState } from "preact/hooks";
import { ApiError, get } from "./api";
import type { Answer } from "./use-answer";

/** A GET, made again `pause` ms after each answer, while the page is seen. Null `path`: none. */
export function usePolled<T>(path: string | null, pause: number): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { path: string | null }>({ data: null, error: null, path });
  useEffect(() => {
    if (path === null) return;
    const aborted = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (!document.hidden) {
        try {
          const data = await get<T>(path, aborted.signal);
          setAnswer({ data, error: null, path });
        } catch (error) {
          if (aborted.signal.aborted) return;
          const told = error instanceof ApiError ? error : new ApiError(0, [String(error)]);
          setAnswer((before) => ({ data: before.path === path ? before.data : null, error: told, path }));
        }
      }
      if (!aborted.signal.aborted) timer = setTimeout(() => void ask(), pause);
    };
    void ask();
    return () => {
      aborted.abort();
      clearTimeout(timer);
    };
  }, [path, pause]);
  return answer.path === path ? answer : { data: null, error: null };
}
