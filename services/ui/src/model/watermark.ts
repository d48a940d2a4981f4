/** A watermark as text: of a time of day its lag, else the number itself. */

import { clock, count, duration } from "./format";
import { lag } from "./rates";

export const NO_WATERMARK = "none";
const END = 9_000_000_000_000_000;

export function watermarkText(watermark: number | null, now: number): string {
  if (watermark === null) return NO_WATERMARK;
  if (watermark >= END) return "end of input";
  const behind = lag(watermark, now);
  return behind === null ? `at ${count(watermark)}` : `${duration(behind * 1000)} behind (${clock(watermark, now)})`;
}
