/** One document of `/penstock/views`, kept up to date: by server-sent events, else by polling. */

import { ApiError, address, get } from "./api";
import { openEvents, type Events } from "./event-stream";

/** `live`: events come; `polling`: they do not, GETs do; `lost`: nothing does. */
export type Connection = "connecting" | "live" | "polling" | "lost";

export interface Standing<T> {
  data: T | null;
  connection: Connection;
  problem: { status: number; errors: string[] } | null;
  /** When the data came, by this machine's clock. */
  fresh: number;
}

interface Dated {
  now: number;
}

const POLL = 3000;
const LONGEST = 10_000;
/** Polls after which events are tried again, where none ever came. */
const TRY_EVENTS = 4;
/** Something comes every second; silence for so long means that nothing will. */
const SILENCE = 15_000;

/** Statuses that waiting cures. */
const PASSING = [0, 408, 429, 502, 503, 504];

export class Live<T extends Dated> {
  standing: Standing<T> = { data: null, connection: "connecting", problem: null, fresh: 0 };
  private events: Events | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private pollsLeft = 0;
  private failures = 0;
  private closed = false;

  constructor(
    /** Asked at each connection and poll: a log's says where its reader is. */
    private readonly path: () => string,
    private readonly changed: (standing: Standing<T>) => void,
  ) {
    document.addEventListener("visibilitychange", this.seen);
    if (document.hidden) this.stop();
    else this.listen();
  }

  close(): void {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.seen);
    this.stop();
  }

  /** Ask at once: something was just done. */
  refresh(): void {
    if (!this.events && !this.closed) void this.poll();
  }

  /** A hidden page asks for nothing, and holds none of the browser's few connections. */
  private readonly seen = (): void => {
    if (document.hidden) this.stop();
    else if (!this.closed && !this.events) this.listen();
  };

  private stop(): void {
    this.events?.close();
    this.events = null;
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
  }

  private listen(): void {
    this.stop();
    const events = openEvents(address(`penstock/events/${this.path()}`));
    this.events = events;
    this.pollsLeft = TRY_EVENTS;
    const ended = () => {
      if (this.events !== events) return;
      this.stop();
      void this.poll();
    };
    const came = () => {
      this.pollsLeft = 0;
      clearTimeout(this.watchdog);
      this.watchdog = setTimeout(ended, SILENCE);
    };
    for (const name of ["document", "tick", "problem"]) events.addEventListener(name, came);
    this.watchdog = setTimeout(ended, SILENCE);
    events.addEventListener("document", (event) => this.arrived(JSON.parse(event.data) as T, "live"));
    events.addEventListener("tick", (event) => {
      const { data } = this.standing;
      if (data) this.arrived({ ...data, now: Number(event.data) }, "live");
    });
    events.addEventListener("problem", (event) => {
      const problem = JSON.parse(event.data) as { status: number; errors: string[] };
      this.refused(problem.status, problem.errors);
    });
    events.onerror = ended;
  }

  private async poll(): Promise<void> {
    clearTimeout(this.timer);
    if (this.closed || document.hidden) return;
    try {
      const data = await get<T>(`penstock/views/${this.path()}`);
      if (this.closed || this.events) return;
      this.arrived(data, "polling");
      this.pollsLeft -= 1;
      if (this.pollsLeft < 0) this.listen();
      else this.again(POLL);
    } catch (error) {
      if (this.closed || this.events) return;
      if (error instanceof ApiError && error.status !== 0) this.refused(error.status, error.messages);
      else this.tell({ connection: "lost" });
      this.failures += 1;
      this.again(Math.min(LONGEST, 1000 * 2 ** Math.min(4, this.failures - 1)));
    }
  }

  private again(ms: number): void {
    if (this.closed || (this.standing.problem && !PASSING.includes(this.standing.problem.status))) return;
    this.timer = setTimeout(() => void this.poll(), ms);
  }

  private arrived(data: T, connection: Connection): void {
    this.failures = 0;
    this.tell({ data, connection, problem: null, fresh: Date.now() });
  }

  private refused(status: number, errors: string[]): void {
    if (!PASSING.includes(status)) this.stop();
    this.tell({ problem: { status, errors }, connection: this.events ? "live" : "polling" });
  }

  private tell(change: Partial<Standing<T>>): void {
    this.standing = { ...this.standing, ...change };
    this.changed(this.standing);
  }
}
