/** A line of a log: ours is JSON, anything else was printed. */

export interface LogLine {
  time: string;
  level: string;
  text: string;
  /** `key=value`, in the order of the line. */
  more: string;
  below: string;
}

const PLACED = new Set(["timestamp", "level", "logger", "event", "service", "id", "exception", "traceback", "color_message"]);

export function logLine(raw: string): LogLine {
  const plain = { time: "", level: "", text: raw, more: "", below: "" };
  if (!raw.startsWith('{"')) return plain;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(raw) as Record<string, unknown>;
  } catch {
    return plain;
  }
  if (typeof fields.event !== "string") return plain;
  const words = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return {
    time: String(fields.timestamp ?? "").split("T")[1]?.slice(0, 12) ?? "",
    level: String(fields.level ?? ""),
    text: fields.event,
    more: Object.entries(fields).filter(([key]) => !PLACED.has(key)).map(([key, value]) => `${key}=${words(value)}`).join(" "),
    below: [fields.exception, fields.traceback].filter((t) => typeof t === "string" && t).join("\n"),
  };
}
