import { describe, expect, it } from "vitest";
import type { Job, JobSummary, Overview, Subtask } from "../link/documents";
import { alerts } from "./alerts";
import { CpuMeter } from "./cpu";
import { ago, bytes, clock, count, duration, plural, rate, setting } from "./format";
import { layout, path } from "./layout";
import { History, lag, ratesBetween } from "./rates";
import { jobLink, parse } from "./route";
import { skew } from "./skew";
import { spans } from "./spans";
import { culprit, parts } from "./traceback";
import { watermarkText } from "./watermark";

describe("figures", () => {
  it("are short and have their units", () => {
    expect([count(999), count(9_999), count(12_345), count(1_234_567), count(null)]).toEqual(["999", "9,999", "12.3 k", "1.23 M", "–"]);
    expect([bytes(0), bytes(1023), bytes(1536), bytes(5 * 2 ** 30), bytes(undefined)]).toEqual(["0 B", "1023 B", "1.50 KiB", "5.00 GiB", "–"]);
    expect([rate(0), rate(0.25), rate(1500)]).toEqual(["0/s", "0.3/s", "1,500/s"]);
    expect([plural(1, "slot"), plural(2, "slot"), plural(0, "vertex", "vertices")]).toEqual(["1 slot", "2 slots", "0 vertices"]);
  });
  it("of time grow coarser", () => {
    expect([350, 4200, 185_000, 7_800_000, 445_000_000].map(duration)).toEqual(["350 ms", "4.2 s", "3 m 05 s", "2 h 10 m", "5 d 3 h"]);
    expect([duration(-1), setting(2 ** 63), ago(2000, 1000), ago(null, 1000)]).toEqual(["–", "never", "0 ms ago", "–"]);
    const noon = new Date(2026, 4, 3, 12, 0, 5).getTime();
    expect([clock(noon, noon), clock(noon, noon + 2 * 86_400_000)]).toEqual(["12:00:05", "2026-05-03 12:00:05"]);
  });
});

describe("addresses", () => {
  const id = "0123456789abcdef0123456789abcdef";
  it("are read back as they were written", () => {
    const route = parse(jobLink(id, "checkpoints", { checkpoint: "7" }));
    expect(route).toMatchObject({ page: "job", job: id, tab: "checkpoints" });
    expect(route.page === "job" && route.query.get("checkpoint")).toBe("7");
    expect(parse(jobLink(id))).toMatchObject({ page: "job", tab: "graph" });
  });
  it("of Flink's dashboard lead to the same page", () => {
    expect(parse(`#/job/running/${id}/overview`)).toMatchObject({ page: "job", job: id, tab: "graph" });
    expect(parse(`#/job/completed/${id}/exceptions`)).toMatchObject({ page: "job", tab: "exceptions" });
    expect(parse("#/task-manager/tm-1")).toEqual({ page: "taskmanagers", chosen: "tm-1" });
    expect([parse(""), parse("#/overview"), parse("#/job-manager/metrics")].map((r) => r.page)).toEqual(["overview", "overview", "overview"]);
  });
  it("that lead nowhere say so", () => {
    expect(parse("#/nowhere").page).toBe("unknown");
    expect(parse(`#/jobs/${id}/nowhere`).page).toBe("unknown");
    expect(parse("#/jobs/%E0%A4%A").page).toBe("job");
  });
});

function subtask(n: number, fields: Partial<Subtask>, records = 0, busy = 0): Subtask {
  const measured = { "records-in": records, "records-read": 0, "records-out": 2 * records, "bytes-in": 0, "bytes-out": 0, busy, backpressured: 0, idle: 0, watermark: null, latency: null, final: false };
  return { subtask: n, state: "RUNNING", attempt: 0, epoch: 1, taskmanager: "tm", endpoint: "h", timestamps: {}, failure: null, exhausted: false, depth: null, measured, ...fields };
}

function job(now: number, subtasks: Subtask[]): Job {
  return { now, vertices: [{ id: "v", name: "v", parallelism: subtasks.length, "max-parallelism": 128, state: "RUNNING", subtasks }] } as unknown as Job;
}

describe("rates", () => {
  it("are taken over the last seconds of one attempt", () => {
    expect(ratesBetween(subtask(0, {}, 100), subtask(0, {}, 300, 500), 1000)).toMatchObject({ in: 200, out: 400, busy: 0.5 });
    expect(ratesBetween(subtask(0, {}, 100), subtask(0, { attempt: 1 }, 5), 1000)).toBeNull();
    expect(ratesBetween(subtask(0, { measured: null }), subtask(0, {}, 5), 1000)).toBeNull();
    expect(ratesBetween(subtask(0, {}, 0), subtask(0, {}, 0, 9000), 1000)?.busy).toBe(1);
  });
  it("of a vertex are sums, and the worst subtask's shares", () => {
    const history = new History();
    history.add(job(1000, [subtask(0, { depth: 2 }), subtask(1, { depth: 3 })]));
    expect(history.times).toEqual([]);
    history.add(job(2000, [subtask(0, { depth: 2 }, 10, 900), subtask(1, { depth: 3 }, 30, 100)]));
    expect(history.vertices.get("v")).toMatchObject({ in: 40, out: 80, busy: 0.9, depth: 5, watermark: null });
    expect(history.series.get("v")?.in).toEqual([40]);
  });
  it("fall to nothing when the counters stand still", () => {
    const history = new History();
    for (let second = 0; second < 4; second++) history.add(job(second * 1000, [subtask(0, {}, second * 10)]));
    expect(history.vertices.get("v")?.in).toBe(10);
    for (let second = 4; second < 12; second++) history.add(job(second * 1000, [subtask(0, {}, 30)]));
    expect(history.vertices.get("v")?.in).toBe(0);
    history.add(job(11_000, [subtask(0, {}, 999)]));
    expect(history.times.length).toBe(11);
  });
  it("are kept for a bounded time, with as many values as times", () => {
    const history = new History();
    for (let second = 0; second < 1000; second++) history.add(job(second * 1000, [subtask(0, {}, second)]));
    expect([history.times.length, history.series.get("v")?.busy.length]).toEqual([900, 900]);
  });
  it("know which watermarks are times of day", () => {
    const now = Date.UTC(2026, 0, 1);
    expect([lag(now - 5000, now), lag(42, now), lag(2 ** 62, now), lag(null, now)]).toEqual([5, null, null, null]);
    expect([watermarkText(null, now), watermarkText(2 ** 63, now), watermarkText(42, now)]).toEqual(["none", "end of input", "at 42"]);
  });
});

describe("skew", () => {
  it("is Flink's: the mean distance to the mean", () => {
    expect([skew([5, 5, 5]), skew([]), skew([7]), skew([0, 0])]).toEqual([0, 0, 0, 0]);
    expect(skew([0, 10])).toBe(100);
    expect(skew([8, 12])).toBeCloseTo(20);
  });
});

describe("tracebacks", () => {
  const text = `Traceback (most recent call last):
  File "/app/job.py", line 8, in convert
    return price(row)
  File "/app/prices.py", line 6, in price
    return json.loads(row)
  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads
    return _default_decoder.decode(s)
ValueError: bad

Raised in operator 'convert' of task 'x':
  File "/opt/penstock/runtime/task.py", line 105, in step
    progress = self._step()`;
  it("blame the deepest frame of the user's own", () => {
    expect(culprit(text)).toEqual({ file: "/app/prices.py", line: 6, name: "price", code: "return json.loads(row)" });
    expect(parts(text).own.endsWith("ValueError: bad")).toBe(true);
    expect(parts(text).rest.startsWith("Raised in")).toBe(true);
    expect(culprit("TaskManager tm-1 was lost")).toBeNull();
  });
});

describe("alerts", () => {
  const calm: JobSummary = {
    id: "a".repeat(32), name: "count", type: "STREAMING", state: "RUNNING", start: 0, end: -1, changed: 0, message: "", tasks: {}, slots: 2, "slots-wanted": 2, restarts: 0, failure: null,
    checkpoints: { triggered: 0, completed: 0, failed: 0, "in-progress": 0, "consecutive-failures": 0, latest: null, "latest-failure": null },
  };
  const overview = (changes: Partial<Overview>, ...jobs: JobSummary[]): Overview => ({
    now: 10_000, slots: { taskmanagers: 1, total: 4, free: 0 }, jobs, "jobs-omitted": 0, services: [], leases: [], features: { submit: true, cancel: true }, ...changes,
  });
  it("are none while all is well", () => {
    expect(alerts(overview({ leases: [{ role: "resourcemanager", held: true, epoch: 3, leader: "rm" }] }, calm))).toEqual([]);
  });
  it("tell what is wrong, the worst first", () => {
    const failing = { ...calm, checkpoints: { ...calm.checkpoints, "consecutive-failures": 1, "latest-failure": { id: 4, time: 0, message: "disk full\nmore" } } };
    const waiting = { ...calm, state: "CREATED", slots: 0, "slots-wanted": 6 };
    const restarting = { ...calm, state: "RESTARTING", restarts: 2, slots: 2 };
    const found = alerts(overview({ leases: [{ role: `job:${calm.id}`, held: false, epoch: 1, leader: null }] }, failing, waiting, restarting));
    expect(found.map((a) => a.level)).toEqual(["bad", "bad", "warning", "warning"]);
    expect(found.map((a) => a.text)).toEqual([
      "Nobody leads job count.",
      "Job count is restarting (2 restarts).",
      "The last checkpoint of job count failed: disk full",
      "Job count wants 6 slots; 0 more are free.",
    ]);
  });
  it("tell of what was refused, and of nothing where all was sealed", () => {
    const service = (unsealed: Record<string, number>) => ({ service: "taskmanager", id: "tm-1", pid: 1, host: "h", time: 0, state: "RUNNING", jobs: [], address: null, memory: 0, cpu: 0, unsealed });
    expect(alerts(overview({ services: [service({ entry: 0, row: 0 })] }))).toEqual([]);
    const [alert] = alerts(overview({ services: [service({ entry: 3, row: 0 })] }));
    expect(alert?.text).toBe("tm-1 has refused what is not sealed with the cluster secret (entry 3).");
  });
  it("forget what failed long ago", () => {
    const failed = { ...calm, state: "FAILED", end: 5000, failure: "ValueError: x" };
    expect(alerts(overview({}, failed))).toHaveLength(1);
    expect(alerts(overview({ now: 5000 + 7_200_000 }, failed))).toEqual([]);
  });
});

describe("layout", () => {
  const vertex = (id: string) => ({ id, name: id, parallelism: 1, "max-parallelism": 1, "slot-sharing-group": "default", operators: [] });
  const edge = (source: string, target: string, tag: string | null = null) => ({ source, target, strategy: "HASH", input: 0, tag });
  it("puts consumers behind producers, and draws every edge, two between the same vertices too", () => {
    const drawn = layout({ vertices: ["a", "b", "c"].map(vertex), edges: [edge("a", "b"), edge("a", "c"), edge("b", "c"), edge("b", "c", "late")] }, "LR", 100);
    const x = Object.fromEntries(drawn.boxes.map((box) => [box.id, box.x]));
    expect(x.a! < x.b! && x.b! < x.c!).toBe(true);
    expect(drawn.wires.map((wire) => wire.label).sort()).toEqual(["HASH", "HASH", "HASH", "HASH · late"]);
    expect(path(drawn.wires[0]!.points)).toMatch(/^M[\d.]+,[\d.]+ /);
    expect(Math.max(...drawn.boxes.map((box) => box.x + box.width))).toBeLessThanOrEqual(drawn.width);
  });
});

describe("spans", () => {
  it("follow each other, and a final state takes no time", () => {
    expect(spans({ CREATED: 10, SCHEDULED: 10, RUNNING: 30, FINISHED: 90, FAILED: 0 }, 200)).toEqual([
      { state: "SCHEDULED", from: 10, to: 30 },
      { state: "RUNNING", from: 30, to: 90 },
      { state: "FINISHED", from: 90, to: 90 },
    ]);
    expect(spans({ RUNNING: 30 }, 200)).toEqual([{ state: "RUNNING", from: 30, to: 200 }]);
  });
});

describe("CPU", () => {
  it("is what was used between two readings", () => {
    const meter = new CpuMeter();
    const reading = (now: number, cpu: number) => ({ now, taskmanagers: [{ id: "tm", cpu, slots: [{ pid: 7, cpu: cpu / 2 }] }] }) as never;
    meter.add(reading(1000, 10));
    expect(meter.share("tm")).toBeNull();
    meter.add(reading(3000, 11));
    expect([meter.share("tm"), meter.share("tm/7")]).toEqual([0.5, 0.25]);
  });
});
