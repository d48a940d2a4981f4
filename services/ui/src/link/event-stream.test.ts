import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openEvents } from "./event-stream";
import { access } from "./token";

const kept = new Map<string, string>();
let sent: { url: string; headers: Record<string, string> }[];
let pieces: string[];
let status: number;

beforeEach(() => {
  kept.clear();
  sent = [];
  status = 200;
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    sent.push({ url, headers: init.headers as Record<string, string> });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });
    return new Response(status === 200 ? body : "{}", { status });
  });
});
afterEach(() => vi.unstubAllGlobals());

function collected(): { seen: [string, string][]; ended: Promise<void> } {
  const seen: [string, string][] = [];
  const events = openEvents("http://c/penstock/events/overview");
  for (const name of ["document", "tick"]) events.addEventListener(name, (event) => seen.push([name, event.data]));
  return { seen, ended: new Promise((resolve) => (events.onerror = () => resolve())) };
}

describe("events with a token", () => {
  it("send it, and put together what comes in pieces", async () => {
    kept.set("penstock.token", "a-secret-token-1");
    pieces = ["event: docu", "ment\ndata: {\"a\"", ": 1}\n\nevent: tick\ndata: 5\n\n: a comment\n\n", "event: tick\ndata: 6\n"];
    const { seen, ended } = collected();
    await ended;
    expect(seen).toEqual([["document", '{"a": 1}'], ["tick", "5"]]);
    expect(sent[0]?.headers.Authorization).toBe("Bearer a-secret-token-1");
  });

  it("ask for another one where it is wrong", async () => {
    kept.set("penstock.token", "a-wrong-token-12");
    pieces = [];
    status = 401;
    const { seen, ended } = collected();
    await ended;
    expect(seen).toEqual([]);
    expect(access.state()).toBe("wrong");
  });

  it("are the browser's own where there is none", () => {
    const made: string[] = [];
    vi.stubGlobal("EventSource", class { constructor(url: string) { made.push(url); } });
    openEvents("http://c/penstock/events/overview");
    expect(made).toEqual(["http://c/penstock/events/overview"]);
    expect(sent).toEqual([]);
  });
});
