/** Numbers, sizes and times as people read them. */

const none = "–";

/** 1234567 -> "1.23 M"; whole below 10,000. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  if (Math.abs(value) < 10_000) return Math.round(value).toLocaleString("en-US");
  return scaled(value, 1000, ["", " k", " M", " G", " T", " P"]);
}

/** Records or bytes a second. */
export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  if (value > 0 && value < 10) return `${value.toFixed(1)}/s`;
  return `${count(value)}/s`;
}

/** Bytes -> "12.3 MiB". */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  if (Math.abs(value) < 1024) return `${Math.round(value)} B`;
  return scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]);
}

function scaled(value: number, base: number, units: string[]): string {
  let unit = 0;
  while (Math.abs(value) >= base && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${units[unit]}`;
}

/** Ms -> "350 ms", "4.2 s", "3 m 05 s", "2 h 10 m", "5 d 3 h"; -1 is not known. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || ms < 0 || !Number.isFinite(ms)) return none;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** Of a setting: Flink's "never" is Long.MAX_VALUE. */
export function setting(ms: number): string {
  return ms > 1e15 ? "never" : duration(ms);
}

/** How long ago, never negative: two machines' clocks differ. */
export function ago(time: number | null | undefined, now: number): string {
  if (time === null || time === undefined || time <= 0) return none;
  return `${duration(Math.max(0, now - time))} ago`;
}

/** "14:03:59", with the date where it is not today's. */
export function clock(time: number | null | undefined, now: number = Date.now()): string {
  if (time === null || time === undefined || time <= 0) return none;
  const at = new Date(time);
  const hours = at.toLocaleTimeString("en-GB");
  return at.toDateString() === new Date(now).toDateString() ? hours : `${isoDate(at)} ${hours}`;
}

function isoDate(at: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** 0..1 -> "37%". */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined || !Number.isFinite(share) ? none : `${Math.round(share * 100)}%`;
}

/** "1 slot", "2 slots". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** The first eight digits of an id. */
export function short(id: string): string {
  return id.slice(0, 8);
}
