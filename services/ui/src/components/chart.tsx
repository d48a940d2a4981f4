import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { theme } from "../theme";

export interface Line {
  id: string;
  name: string;
  values: (number | null)[];
}

interface Properties {
  title: string;
  times: number[];
  lines: Line[];
  text: (value: number | null) => string;
  /** There are no halves. */
  whole?: boolean;
  /** Top of the axis where it is given, else the largest value. */
  most?: number;
}

/** Values over time, one line a vertex; the figures of now stand in a table beside the drawing. */
export function Chart({ title, times, lines, text, most, whole }: Properties): VNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [dark, setDark] = useState(theme.get());
  useEffect(() => theme.listen(() => setDark(theme.get())), []);
  const shape = `${dark}|${lines.map((line) => line.id).join()}`;
  const data = [times, ...lines.map((line) => line.values)] as uPlot.AlignedData;
  useEffect(() => {
    const element = box.current!;
    const made = new uPlot(options(element, lines, text, most, whole), data, element);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 170 }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(data), [times.at(-1), times.length]);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={box} aria-hidden="true" />
      <table class="legend">
        <caption class="unseen">{title}, now</caption>
        <tbody>
          {lines.map((line, n) => (
            <tr key={line.id}>
              <th scope="row">
                <span class="swatch" style={{ background: colour(n) }} aria-hidden="true" />
                {line.name}
              </th>
              <td class="numeric">{text(line.values.at(-1) ?? null)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

const COLOURS = 8;
/** Seconds that are drawn at least. */
const SHORTEST = 60;
const WHOLE = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5, 6].map((e) => n * 10 ** e)).sort((a, b) => a - b);

export function colour(n: number): string {
  return `var(--line-${n % COLOURS})`;
}

function options(element: HTMLElement, lines: Line[], text: Properties["text"], most: number | undefined, whole = false): uPlot.Options {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: of("--muted"), grid: { stroke: of("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  return {
    width: element.clientWidth || 400,
    height: 170,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { range: (_, min, max) => [Math.min(min, max - SHORTEST), max] }, y: { range: (_, __, max) => [0, most ?? Math.max(max || 0, 1) * 1.1] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((t) => new Date(t * 1000).toLocaleTimeString("en-GB")), space: 80, size: 30 },
      { ...axis, values: (_, ticks) => ticks.map((t) => text(t)), size: 64, ...(whole ? { incrs: WHOLE } : {}) },
    ],
    series: [
      {},
      ...lines.map((line, n) => ({ label: line.name, stroke: of(`--line-${n % COLOURS}`), width: 1.75, points: { show: false }, spanGaps: true })),
    ],
  };
}
