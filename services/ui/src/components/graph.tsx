import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Shape, Vertex } from "../link/documents";
import { duration, plural } from "../model/format";
import { layout, path } from "../model/layout";
import { lag, type VertexRates } from "../model/rates";
import { GraphNode } from "./graph-node";
import { Icon } from "./icon";

interface Properties {
  shape: Shape;
  /** What runs, by vertex; nothing for a plan. */
  vertices?: Map<string, Vertex>;
  rates?: Map<string, VertexRates>;
  now?: number;
  chosen?: string | null;
  linkOf?: (vertex: string) => string;
  /** Where a click on an edge leads: its number, and the vertex it leads to. */
  edgeLink?: (edge: string, target: string) => string;
}

const SMALLEST = 0.55;
/** Pixels of width below which the graph is drawn from top to bottom. */
const NARROW = 700;

/** A job's vertices and the edges between them, fitted to the width there is. */
export function Graph({ shape, vertices, rates, now = 0, chosen, linkOf, edgeLink }: Properties): VNode {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(1000);
  const [zoom, setZoom] = useState<number | null>(null);
  useEffect(() => {
    const element = box.current!;
    const resized = new ResizeObserver(() => setWidth(element.clientWidth));
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  const height = !vertices ? 76 : rates?.size ? 158 : 96;
  const direction = width < NARROW ? "TB" : "LR";
  const drawn = useMemo(() => layout(shape, direction, height), [shape, direction, height]);
  const fitting = Math.max(SMALLEST, Math.min(1, (width - 8) / Math.max(1, drawn.width)));
  const scale = zoom ?? fitting;
  const operators = new Map(shape.vertices.map((vertex) => [vertex.id, vertex]));
  return (
    <div class="graph">
      <div class="zoom">
        <button type="button" class="icon" onClick={() => setZoom(Math.max(0.25, scale / 1.25))} aria-label="Smaller"><Icon name="smaller" /></button>
        <button type="button" class="icon" onClick={() => setZoom(null)} aria-label="Fit to width"><Icon name="fit" /></button>
        <button type="button" class="icon" onClick={() => setZoom(Math.min(2, scale * 1.25))} aria-label="Larger"><Icon name="larger" /></button>
      </div>
      <div class="canvas" ref={box} tabIndex={0} role="region" aria-label={`Graph of ${plural(shape.vertices.length, "vertex", "vertices")}`}>
        <div class="sheet" style={{ width: drawn.width * scale, height: drawn.height * scale }}>
          <div style={{ width: drawn.width, height: drawn.height, transform: `scale(${scale})` }} class="scaled">
            <svg width={drawn.width} height={drawn.height} aria-hidden="true">
              <defs>
                <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
                  <path d="M0,0 L8,4 L0,8 z" class="head" />
                </marker>
              </defs>
              {drawn.wires.map((wire) => (
                <path key={wire.key} d={path(wire.points)} class={`wire ${flows(rates, wire.source)}`} marker-end="url(#arrow)" />
              ))}
            </svg>
            {drawn.boxes.map((box) => (
              <GraphNode
                key={box.id}
                box={box}
                vertex={operators.get(box.id)!}
                running={vertices?.get(box.id)}
                rates={rates?.get(box.id)}
                now={now}
                chosen={box.id === chosen}
                link={linkOf?.(box.id)}
                ends={{ first: !shape.edges.some((e) => e.target === box.id), last: !shape.edges.some((e) => e.source === box.id) }}
              />
            ))}
            {drawn.wires.map((wire) => {
              const style = { left: wire.at.x, top: wire.at.y };
              const label = <>{wire.label}<EdgeLag rates={rates?.get(wire.target)} now={now} /></>;
              if (!edgeLink) return <span key={wire.key} class="wire-label" style={style}>{label}</span>;
              const name = `Tap ${operators.get(wire.source)?.name} to ${operators.get(wire.target)?.name}, ${wire.label}`;
              return (
                <a key={wire.key} class="wire-label" style={style} href={edgeLink(wire.key, wire.target)} aria-label={name} title="See the records that pass here">
                  {label}
                </a>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

/** How far event time is behind where the edge leads to. */
function EdgeLag({ rates, now }: { rates: VertexRates | undefined; now: number }): VNode | null {
  const behind = rates ? lag(rates.watermark, now) : null;
  return behind === null ? null : <span class="wire-lag">{duration(behind * 1000)} behind</span>;
}

function flows(rates: Map<string, VertexRates> | undefined, vertex: string): string {
  return (rates?.get(vertex)?.out ?? 0) > 0 ? "flowing" : "";
}
