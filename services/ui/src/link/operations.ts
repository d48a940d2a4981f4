/** What was asked of a job and takes its time: savepoints, stops, rescalings. Kept while pages change. */

import { useEffect, useState } from "preact/hooks";
import { ApiError, get } from "./api";
import type { Operation as Answer } from "./flink";

export interface Operation {
  title: string;
  state: "doing" | "done" | "failed";
  text: string;
  location?: string;
}

const POLL = 1000;

class Operations {
  private readonly known = new Map<string, Operation>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly listeners = new Set<() => void>();

  get(job: string): Operation | null {
    return this.known.get(job) ?? null;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  say(job: string, title: string, text: string): void {
    this.stop(job);
    this.put(job, { title, state: "done", text });
  }

  /** Ask how it stands, once a second, until it is over. */
  follow(job: string, title: string, path: string): void {
    this.stop(job);
    this.put(job, { title, state: "doing", text: "in progress…" });
    const ask = async () => {
      try {
        const { status, operation } = await get<Answer>(path);
        if (status.id === "COMPLETED") {
          this.stop(job);
          const cause = operation?.["failure-cause"] ?? operation?.failureCause;
          if (cause) this.put(job, { title, state: "failed", text: cause["stack-trace"] });
          else this.put(job, { title, state: "done", text: "completed", ...(operation?.location ? { location: operation.location } : {}) });
          return;
        }
      } catch (error) {
        // Redis may be away for a while; a trigger that nobody knows any more never comes back
        if (error instanceof ApiError && error.status === 404) {
          this.stop(job);
          this.put(job, { title, state: "failed", text: error.message });
          return;
        }
      }
      this.timers.set(job, setTimeout(() => void ask(), POLL));
    };
    this.timers.set(job, setTimeout(() => void ask(), POLL / 2));
  }

  forget(job: string): void {
    this.stop(job);
    this.known.delete(job);
    this.tell();
  }

  private stop(job: string): void {
    clearTimeout(this.timers.get(job));
    this.timers.delete(job);
  }

  private put(job: string, operation: Operation): void {
    this.known.set(job, operation);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

export const operations = new Operations();

export function useOperation(job: string): Operation | null {
  const [, redraw] = useState(0);
  useEffect(() => operations.listen(() => redraw((n) => n + 1)), []);
  return operations.get(job);
}
