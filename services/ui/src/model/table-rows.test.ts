import { describe, expect, it } from "vitest";
import { cut, sorted } from "./table-rows";

const rows = [5, 3, 9, 1].map((id) => ({ id, name: `n${id}` }));
const ids = (shown: { id: number }[]) => shown.map((row) => row.id);
const none = () => false;

describe("rows of a table", () => {
  it("stay as they came, until they are sorted", () => expect(sorted(rows, null)).toBe(rows));
  it("are sorted by numbers and by words", () => {
    expect(ids(sorted(rows, { by: (row) => row.id, down: true }))).toEqual([9, 5, 3, 1]);
    expect(ids(sorted(rows, { by: (row) => row.name, down: false }))).toEqual([1, 3, 5, 9]);
  });
  it("are cut once they are sorted, so that the largest of all is seen", () =>
    expect(ids(cut(sorted(rows, { by: (row) => row.id, down: true }), 2, none))).toEqual([9, 5]));
  it("are all there where they are few", () => expect(cut(rows, 20, none)).toEqual(rows));
  it("reach down to the one that is looked at", () => expect(ids(cut(rows, 1, (row) => row.id === 9))).toEqual([5, 3, 9]));
});
