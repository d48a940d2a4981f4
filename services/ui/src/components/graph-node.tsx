import type { VNode } from "preact";
import type { GraphVertex, Vertex } from "../link/documents";
import { count, percent, rate } from "../model/format";
import type { Box } from "../model/layout";
import type { VertexRates } from "../model/rates";
import { ended } from "../model/states";
import { NO_WATERMARK, watermarkText } from "../model/watermark";
import { State } from "./state";

interface Properties {
  box: Box;
  vertex: GraphVertex;
  running: Vertex | undefined;
  rates: VertexRates | undefined;
  now: number;
  chosen: boolean;
  link: string | undefined;
  /** Whether it has no input, no output. */
  ends: { first: boolean; last: boolean };
}

/** One vertex: its chain, how fast and how busy it is. The colour goes from cool (idle) to hot (busy all the time). */
export function GraphNode({ box, vertex, running, rates, now, chosen, link, ends }: Properties): VNode {
  const { width, height } = box;
  const busy = rates?.busy ?? 0;
  const held = rates?.backpressured ?? 0;
  const live = running && !ended(running.state);
  const style = { left: box.x, top: box.y, width, height, "--busy": `${Math.round(busy * 100)}%`, "--held-share": `${Math.round(held * 100)}%` };
  const classes = `node ${chosen ? "chosen" : ""} ${live && rates ? (held > 0.5 ? "held" : "measured") : ""} ${running?.state === "FAILED" ? "failed" : ""}`;
  const content = (
    <>
      <span class="node-name">{vertex.operators.map((o) => o.name).join(" → ")}</span>
      <span class="node-line">
        {running ? <State state={running.state} /> : null}
        <span class="muted">×{vertex.parallelism}</span>
      </span>
      {running && <Figures running={running} rates={live ? rates : undefined} now={now} ends={ends} />}
      {live && rates && (
        <span class="node-heat">
          <span>busy {percent(busy)}</span>
          <span>held back {percent(held)}</span>
        </span>
      )}
      {!running && vertex["slot-sharing-group"] !== "default" && <span class="muted">slot sharing group {vertex["slot-sharing-group"]}</span>}
    </>
  );
  const label = `${vertex.name}, parallelism ${vertex.parallelism}${running ? `, ${running.state.toLowerCase()}` : ""}${live && rates ? `, busy ${percent(busy)}, held back ${percent(held)}` : ""}`;
  if (!link) return <div class={classes} style={style}>{content}</div>;
  return (
    <a class={classes} style={style} href={link} aria-label={label} aria-current={chosen ? "true" : undefined} title={vertex.name}>
      {content}
    </a>
  );
}

function Figures({ running, rates, now, ends }: { running: Vertex; rates: VertexRates | undefined; now: number; ends: Properties["ends"] }): VNode {
  const total = (name: "records-in" | "records-out") => running.subtasks.reduce((sum, s) => sum + (s.measured?.[name] ?? 0), 0);
  const watermark = rates ? watermarkText(rates.watermark, now) : null;
  return (
    <span class="node-figures">
      {!ends.first && <span>in {rates ? rate(rates.in) : count(total("records-in"))}</span>}
      {!ends.last && <span>out {rates ? rate(rates.out) : count(total("records-out"))}</span>}
      {rates?.depth ? <span>log {count(rates.depth)}</span> : null}
      {watermark && watermark !== NO_WATERMARK ? <span class="wide">wm {watermark}</span> : null}
    </span>
  );
}
