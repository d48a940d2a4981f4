/** Where the vertices of a job stand. */

import dagre from "@dagrejs/dagre";
import type { Shape } from "../link/documents";

export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Wire {
  key: string;
  source: string;
  target: string;
  label: string;
  points: { x: number; y: number }[];
  at: { x: number; y: number };
}

export interface Layout {
  width: number;
  height: number;
  boxes: Box[];
  wires: Wire[];
}

export const WIDTH = 232;

export function layout(shape: Shape, direction: "LR" | "TB", height: number): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction, nodesep: 28, ranksep: direction === "LR" ? 84 : 56, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const vertex of shape.vertices) graph.setNode(vertex.id, { width: WIDTH, height });
  shape.edges.forEach((edge, n) => {
    graph.setEdge(edge.source, edge.target, { label: label(edge), width: 64, height: 16, labelpos: "c" }, String(n));
  });
  dagre.layout(graph);
  const size = graph.graph();
  const boxes = graph.nodes().map((id) => {
    const { x, y, width, height } = graph.node(id);
    return { id, x: x - width / 2, y: y - height / 2, width, height };
  });
  const wires = graph.edges().map((edge) => {
    const drawn = graph.edge(edge);
    const middle = drawn.points[Math.floor(drawn.points.length / 2)] ?? { x: 0, y: 0 };
    const at = { x: drawn.x ?? middle.x, y: drawn.y ?? middle.y };
    return { key: edge.name ?? "", source: edge.v, target: edge.w, label: String(drawn.label ?? ""), points: drawn.points, at };
  });
  return { width: size.width ?? 0, height: size.height ?? 0, boxes, wires };
}

function label(edge: { strategy: string; tag: string | null }): string {
  return edge.tag ? `${edge.strategy} · ${edge.tag}` : edge.strategy;
}

/** A path through the points, its corners rounded. */
export function path(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let drawn = `M${first.x},${first.y}`;
  rest.forEach((point, n) => {
    const next = rest[n + 1];
    if (!next) drawn += ` L${point.x},${point.y}`;
    else drawn += ` Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  });
  return drawn;
}
