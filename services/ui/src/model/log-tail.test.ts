import { describe, expect, it } from "vitest";
import { NO_LINES, tailed } from "./log-tail";

const part = (begin: number, end: number, text: string, name = "a.log") => ({ name, begin, end, text });

describe("the tail of a log", () => {
  const first = tailed(NO_LINES, part(10, 14, "x\ny\n"), 3);

  it("begins with what there is", () => expect(first.lines).toEqual(["x", "y"]));
  it("goes on where it ended, and keeps the last lines", () =>
    expect(tailed(first, part(14, 18, "z\nw\n"), 3).lines).toEqual(["y", "z", "w"]));
  it("stays as it is where nothing was added", () => expect(tailed(first, part(14, 14, ""), 3)).toBe(first));
  it("has the part that came twice once", () => expect(tailed(first, part(10, 14, "x\ny\n"), 3)).toBe(first));
  it("begins again with a file that was begun anew", () => expect(tailed(first, part(0, 2, "n\n"), 3).lines).toEqual(["n"]));
  it("is of one file alone", () => expect(tailed(first, part(14, 16, "o\n", "b.log"), 3).lines).toEqual(["o"]));
});
