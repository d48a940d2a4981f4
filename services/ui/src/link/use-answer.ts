import { useEffect, useState } from "preact/hooks";
import { ApiError, get } from "./api";

export interface Answer<T> {
  data: T | null;
  error: ApiError | null;
}

/** A GET, made anew whenever `path` or `version` changes; the former answer stays until there is a new one. */
export function useAnswer<T>(path: string | null, version: unknown = 0): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { path: string | null }>({ data: null, error: null, path });
  useEffect(() => {
    if (path === null) return;
    const aborted = new AbortController();
    get<T>(path, aborted.signal).then(
      (data) => setAnswer({ data, error: null, path }),
      (error: unknown) => {
        if (aborted.signal.aborted) return;
        const told = error instanceof ApiError ? error : new ApiError(0, [String(error)]);
        setAnswer((before) => ({ data: before.path === path ? before.data : null, error: told, path }));
      },
    );
    return () => aborted.abort();
  }, [path, version]);
  return answer.path === path ? answer : { data: null, error: null };
}
