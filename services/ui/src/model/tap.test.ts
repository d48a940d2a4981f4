import { describe, expect, it } from "vitest";
import { joined, matching, timeText, type TapRecord } from "./tap";

function record(id: string, text = "", key: string | null = null): TapRecord {
  return { id, text, key, subtask: 0, attempt: 0, time: 0, type: "str", timestamp: null, watermark: null, producer: null };
}

const ids = (records: TapRecord[]) => records.map((r) => r.id);

describe("records of a tap", () => {
  it("are joined once each, the oldest first, and go when there are too many", () => {
    const first = joined([], [record("1"), record("2")], 3);
    expect(ids(joined(first, [record("2"), record("3")], 3))).toEqual(["1", "2", "3"]);
    expect(ids(joined(first, [record("3"), record("4")], 3))).toEqual(["2", "3", "4"]);
    expect(joined(first, [record("1")], 3)).toBe(first);
  });

  it("are found by text and key, upper or lower case", () => {
    const records = [record("1", "('Error', 1)"), record("2", "x", "'error'"), record("3", "fine")];
    expect(ids(matching(records, " ERROR "))).toEqual(["1", "2"]);
    expect(matching(records, "  ")).toBe(records);
  });

  it("have times that are dates, or none", () => {
    expect(timeText(0)).toBe("1970-01-01 00:00:00.000");
    expect(timeText(null)).toBe("–");
    expect(timeText(9223372036854775807)).toBe("end of time");
    expect(timeText(-5)).toBe("-5");
  });
});
