import { describe, expect, it } from "vitest";
import { boxes, kindOf, short, zoomed, type Frame } from "./flame";
import { logLine } from "./log-line";
import { logLink, parse } from "./route";

const leaf = (name: string, value: number): Frame => ({ name, value, children: [] });
const root: Frame = { name: "root", value: 10, children: [{ name: "step", value: 8, children: [leaf("mine.f:3", 6), leaf("mine.g:9", 2)] }, leaf("waiting for input, output or timers", 2)] };

describe("a flame graph", () => {
  it("has a box for each frame, side by side and as wide as its share", () => {
    expect(boxes(root).map(({ key, depth, left, width }) => [key, depth, left, width])).toEqual([
      ["0", 0, 0, 1],
      ["0.0", 1, 0, 0.8],
      ["0.0.0", 2, 0, 0.6],
      ["0.0.1", 2, 0.6, 0.2],
      ["0.1", 1, 0.8, 0.2],
    ]);
  });
  it("leaves out what is too narrow to see", () => {
    expect(boxes({ name: "root", value: 1000, children: [leaf("a", 999), leaf("b", 1)] })).toHaveLength(2);
    expect(boxes(leaf("root", 0))).toHaveLength(0);
  });
  it("is drawn from the frame that was chosen, or whole where that is gone", () => {
    expect(zoomed(root, ["step"]).value).toBe(8);
    expect(zoomed(root, ["step", "nothing"])).toBe(root);
  });
  it("tells the user's code from Penstock's and from waiting", () => {
    expect(["__main__.f:3", "penstock.runtime.task.Task.step:1", "waiting for input, output or timers", "Map"].map(kindOf)).toEqual(["user", "own", "idle", "user"]);
    expect(short("penstock.runtime.task.Task.step:113")).toBe("Task.step:113");
    expect(short("Map, then filter")).toBe("Map, then filter");
  });
});

describe("a line of a log", () => {
  it("is put into columns where it is ours", () => {
    const line = logLine('{"event":"task state","state":"RUNNING","n":3,"level":"info","logger":"x","timestamp":"2026-11-25T23:53:35.636218Z","exception":"Traceback"}');
    expect(line).toEqual({ time: "23:53:35.636", level: "info", text: "task state", more: "state=RUNNING n=3", below: "Traceback" });
  });
  it.each(["hello", "", '{"broken', '{"a":1}'])("is shown as it is where it was printed: %s", (text) => {
    expect(logLine(text)).toEqual({ time: "", level: "", text, more: "", below: "" });
  });
});

describe("addresses", () => {
  it("lead to logs and flame graphs, Flink's too", () => {
    expect(parse("#/logs")).toEqual({ page: "logs", file: null });
    expect(parse(logLink("taskmanager-1.log"))).toEqual({ page: "logs", file: "taskmanager-1.log" });
    const job = "a".repeat(32);
    expect(parse(`#/jobs/${job}/flamegraph?vertex=v`)).toMatchObject({ page: "job", tab: "flamegraph" });
    expect(parse(`#/job/running/${job}/overview/v/flamegraph`)).toMatchObject({ page: "job", job, tab: "flamegraph" });
    expect(parse(`#/job/running/${job}/overview`)).toMatchObject({ page: "job", job, tab: "graph" });
  });
});
