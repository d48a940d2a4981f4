import { describe, expect, it } from "vitest";
import { followPath, lookedAt, type Log } from "./log-choice";
import { NO_LINES } from "./log-tail";

const tail = { name: "a.log", end: 14, lines: ["x"] };
const data = { now: 1, folder: true, logs: [{ name: "a.log", size: 14 }, { name: "b.log", size: 3 }], name: "a.log", begin: 10, end: 14, text: "x\n" };
const log: Log = { file: "a.log", tail, standing: { data, connection: "live", problem: null, fresh: 1 } };

describe("the log that is looked at", () => {
  it("is as it was while it is the same", () => expect(lookedAt(log, "a.log")).toBe(log));
  it("keeps the list and loses the lines when another one is chosen", () => {
    const other = lookedAt(log, "b.log");
    expect(other.standing.data).toMatchObject({ logs: data.logs, name: "b.log" });
    expect([other.file, other.tail, other.standing.connection]).toEqual(["b.log", NO_LINES, "connecting"]);
  });
  it("leaves behind that the former one cannot be read", () => {
    const gone = { ...log, standing: { ...log.standing, problem: { status: 404, errors: ["no log"] } } };
    expect(lookedAt(gone, null).standing).toMatchObject({ problem: null, data: { name: "a.log" } });
  });
  it("has nothing to keep where nothing has come", () =>
    expect(lookedAt({ ...log, standing: { ...log.standing, data: null } }, "b.log").standing.data).toBeNull());
});

describe("the address of a log", () => {
  it("says where its reader is, once he is anywhere", () => {
    expect(followPath(null, NO_LINES)).toBe("logs");
    expect(followPath("a b.log", NO_LINES)).toBe("logs?file=a+b.log");
    expect(followPath("a.log", tail)).toBe("logs?file=a.log&after=14");
    expect(followPath(null, tail)).toBe("logs?last=a.log&after=14");
  });
  it("names none where there was none", () => expect(followPath(null, { name: null, end: 0, lines: [] })).toBe("logs"));
});
