import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Live, type Standing } from "./live";

interface Doc {
  now: number;
  value?: string;
}

/** Stands for the browser's EventSource: the test sends the events. */
class Events {
  static all: Events[] = [];
  onerror: (() => void) | null = null;
  closed = false;
  private readonly listeners = new Map<string, ((event: { data: string }) => void)[]>();
  constructor(readonly url: string) {
    Events.all.push(this);
  }
  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }
  send(name: string, data: unknown): void {
    for (const listener of this.listeners.get(name) ?? []) listener({ data: JSON.stringify(data) });
  }
  close(): void {
    this.closed = true;
  }
  static get open(): Events[] {
    return Events.all.filter((events) => !events.closed);
  }
}

const page = { hidden: false, baseURI: "http://cluster:8081/#/", seen: [] as (() => void)[] };
let answers: () => Promise<{ status: number; body: unknown }>;
const fetched = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  Events.all = [];
  page.hidden = false;
  page.seen = [];
  fetched.mockReset();
  answers = () => Promise.resolve({ status: 200, body: { now: 5, value: "polled" } });
  vi.stubGlobal("EventSource", Events);
  vi.stubGlobal("document", {
    get hidden() {
      return page.hidden;
    },
    get baseURI() {
      return page.baseURI;
    },
    addEventListener: (_: string, listener: () => void) => page.seen.push(listener),
    removeEventListener: () => undefined,
  });
  vi.stubGlobal("fetch", async (url: string) => {
    fetched(url);
    const { status, body } = await answers();
    return new Response(JSON.stringify(body), { status });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function live(path = () => "overview"): { of: () => Standing<Doc>; close: () => void } {
  let standing: Standing<Doc> | null = null;
  const made = new Live<Doc>(path, (now) => (standing = now));
  return { of: () => standing!, close: () => made.close() };
}

describe("Live", () => {
  it("shows what the events bring, and lets ticks carry the time", () => {
    const { of } = live();
    expect(Events.open.map((e) => e.url)).toEqual(["http://cluster:8081/penstock/events/overview"]);
    Events.open[0]!.send("document", { now: 1, value: "a" });
    Events.open[0]!.send("tick", 2);
    expect(of()).toMatchObject({ data: { now: 2, value: "a" }, connection: "live", problem: null });
    expect(fetched).not.toHaveBeenCalled();
  });

  it("polls where no event ever comes, and tries events again now and then: no storm", async () => {
    const { of } = live();
    Events.open[0]!.onerror!();
    await vi.advanceTimersByTimeAsync(0);
    expect(of()).toMatchObject({ data: { value: "polled" }, connection: "polling" });
    for (let second = 0; second < 60; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      Events.open[0]?.onerror?.();
    }
    expect(fetched.mock.calls.length).toBeLessThan(30);
    expect(Events.all.length).toBeLessThan(8);
    expect(Events.all.length).toBeGreaterThan(2);
  });

  it("comes back to events at once when they had worked before", async () => {
    const { of } = live();
    Events.open[0]!.send("document", { now: 1 });
    Events.open[0]!.onerror!();
    await vi.advanceTimersByTimeAsync(0);
    expect(Events.open).toHaveLength(1);
    Events.open[0]!.send("document", { now: 9, value: "again" });
    expect(of()).toMatchObject({ data: { value: "again" }, connection: "live" });
  });

  it("says that nothing answers, and recovers by itself", async () => {
    const { of } = live();
    Events.open[0]!.send("document", { now: 1, value: "old" });
    answers = () => Promise.reject(new TypeError("refused"));
    Events.open[0]!.onerror!();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(of()).toMatchObject({ connection: "lost", data: { value: "old" } });
    expect(fetched.mock.calls.length).toBeLessThan(14);
    answers = () => Promise.resolve({ status: 200, body: { now: 5, value: "back" } });
    await vi.advanceTimersByTimeAsync(11_000);
    expect(of()).toMatchObject({ data: { value: "back" } });
    expect(of().connection).not.toBe("lost");
  });

  it("keeps the stream while Redis is away, and shows why", () => {
    const { of } = live();
    Events.open[0]!.send("document", { now: 1 });
    Events.open[0]!.send("problem", { status: 503, errors: ["Redis is away"] });
    expect(of()).toMatchObject({ problem: { status: 503 }, data: { now: 1 } });
    expect(Events.open).toHaveLength(1);
    Events.open[0]!.send("document", { now: 3 });
    expect(of().problem).toBeNull();
  });

  it("asks no more for what is not there", async () => {
    const { of } = live();
    Events.open[0]!.send("problem", { status: 404, errors: ["Job x not found"] });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(of()).toMatchObject({ problem: { status: 404, errors: ["Job x not found"] } });
    expect([Events.open.length, fetched.mock.calls.length]).toEqual([0, 0]);
  });

  it("asks for where it is at each connection and poll", async () => {
    let at = 0;
    live(() => `logs?after=${at}`);
    at = 7;
    Events.open[0]!.onerror!();
    await vi.advanceTimersByTimeAsync(0);
    expect(fetched.mock.calls).toEqual([["http://cluster:8081/penstock/views/logs?after=7"]]);
    at = 9;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(Events.open.map((e) => e.url)).toEqual(["http://cluster:8081/penstock/events/logs?after=9"]);
  });

  it("drops the answer to a poll that events have overtaken", async () => {
    let answer: (answered: { status: number; body: unknown }) => void = () => undefined;
    answers = () => new Promise((resolve) => (answer = resolve));
    const { of } = live();
    Events.open[0]!.onerror!();
    for (const listener of page.seen) listener();
    Events.open[0]!.send("document", { now: 9, value: "newer" });
    answer({ status: 200, body: { now: 5, value: "older" } });
    await vi.advanceTimersByTimeAsync(0);
    expect(of()).toMatchObject({ data: { value: "newer" }, connection: "live" });
  });

  it("does not trust a stream that falls silent", async () => {
    const { of } = live();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(of()).toMatchObject({ connection: "polling", data: { value: "polled" } });
  });

  it("holds no connection while the page is hidden or closed", () => {
    const { close } = live();
    page.hidden = true;
    for (const listener of page.seen) listener();
    expect(Events.open).toHaveLength(0);
    page.hidden = false;
    for (const listener of page.seen) listener();
    expect(Events.open).toHaveLength(1);
    close();
    expect(Events.open).toHaveLength(0);
  });
});
