import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Job, Vertex } from "../../link/documents";
import { firstLine } from "../../model/alerts";
import { clock, duration } from "../../model/format";
import { spans } from "../../model/spans";
import { kind } from "../../model/states";

/** When the job and its subtasks were in which state, in their current attempts; and when it failed. */
export function TimelineTab({ job }: { job: Job }): VNode {
  const [open, setOpen] = useState<string | null>(null);
  const end = job.end >= 0 ? job.end : job.now;
  const scale = { from: job.start, to: Math.max(end, job.start + 1) };
  return (
    <div class="timeline">
      <div class="axis muted small">
        <span>{clock(scale.from, job.now)}</span>
        <span>{duration(scale.to - scale.from)}</span>
        <span>{clock(scale.to, job.now)}</span>
      </div>
      <Row name="Job" timestamps={job.timestamps} scale={scale} />
      {job.failures.length > 0 && (
        <div class="line">
          <span class="name">Failures</span>
          <span class="strip">
            {job.failures.map((failure) => (
              <span key={`${failure.time}${failure.message}`} class="mark" style={{ left: `${share(failure.time, scale) * 100}%` }} title={`${clock(failure.time, job.now)}: ${firstLine(failure.message)}`} />
            ))}
          </span>
          <span class="words small">{job.failures.length}, last {clock(job.failures.at(-1)!.time, job.now)}</span>
        </div>
      )}
      {job.vertices.map((vertex) => (
        <VertexLines key={vertex.id} vertex={vertex} scale={scale} open={open === vertex.id} toggle={() => setOpen(open === vertex.id ? null : vertex.id)} />
      ))}
      <p class="muted small">
        Attempts before the current one are not kept; each failure that ended one is marked. Choose a vertex for its subtasks.
      </p>
    </div>
  );
}

interface Scale {
  from: number;
  to: number;
}

function VertexLines({ vertex, scale, open, toggle }: { vertex: Vertex; scale: Scale; open: boolean; toggle: () => void }): VNode {
  return (
    <>
      <Row
        name={
          <button type="button" class="link" aria-expanded={open} onClick={toggle}>
            {open ? "▾" : "▸"} {vertex.name}
          </button>
        }
        timestamps={earliest(vertex)}
        scale={scale}
      />
      {open && vertex.subtasks.map((s) => <Row key={s.subtask} name={<span class="muted">subtask {s.subtask}, attempt {s.attempt}</span>} timestamps={s.timestamps} scale={scale} />)}
    </>
  );
}

/** A vertex is as far as its slowest subtask. */
function earliest(vertex: Vertex): Record<string, number> {
  const found: Record<string, number> = {};
  for (const subtask of vertex.subtasks) {
    for (const [state, time] of Object.entries(subtask.timestamps)) found[state] = Math.max(found[state] ?? 0, time);
  }
  return found;
}

function share(time: number, scale: Scale): number {
  return Math.max(0, Math.min(1, (time - scale.from) / (scale.to - scale.from)));
}

function Row({ name, timestamps, scale }: { name: VNode | string; timestamps: Record<string, number>; scale: Scale }): VNode {
  const shown = spans(timestamps, scale.to);
  const words = shown.map((span) => (span.to > span.from ? `${span.state.toLowerCase()} ${duration(span.to - span.from)}` : span.state.toLowerCase())).join(", ");
  return (
    <div class="line">
      <span class="name">{name}</span>
      <span class="strip" aria-hidden="true">
        {shown.map((span) => {
          const [left, right] = [share(span.from, scale), share(span.to, scale)];
          return <span key={span.state} class={`span ${kind(span.state)}`} style={{ left: `${left * 100}%`, width: `max(3px, ${(right - left) * 100}%)` }} title={`${span.state} ${duration(span.to - span.from)}`} />;
        })}
      </span>
      <span class="words small">{words || "not begun"}</span>
    </div>
  );
}
