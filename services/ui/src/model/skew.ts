/** How unevenly something is spread over subtasks. */

/** Flink's measure: the mean distance to the mean, in percent of the mean; 0 is even. */
export function skew(values: number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  if (mean === 0) return 0;
  const distance = values.reduce((sum, value) => sum + Math.abs(value - mean), 0) / values.length;
  return Math.min(100, (100 * distance) / mean);
}

export function skewWord(percent: number): string {
  return percent < 10 ? "even" : percent < 30 ? "slightly uneven" : percent < 60 ? "uneven" : "very uneven";
}
