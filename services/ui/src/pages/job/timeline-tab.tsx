import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Attempt, Attempts, Job, Subtask, Vertex } from "../../link/documents";
import { useAnswer } from "../../link/use-answer";
import { firstLine } from "../../model/alerts";
import { clock, count, duration } from "../../model/format";
import { spans } from "../../model/spans";
import { kind } from "../../model/states";

/** When the job and its subtasks were in which state, attempt by attempt; and when it failed. */
export function TimelineTab({ job }: { job: Job }): VNode {
  const [open, setOpen] = useState<string | null>(null);
  const earlier = useAnswer<Attempts>(`penstock/views/jobs/${job.id}/attempts`, job.vertices.flatMap((v) => v.subtasks.map((s) => s.attempt)).join());
  const end = job.end >= 0 ? job.end : job.now;
  const scale = { from: job.start, to: Math.max(end, job.start + 1) };
  return (
    <div class="timeline">
      <div class="axis muted small">
        <span>{clock(scale.from, job.now)}</span>
        <span>{duration(scale.to - scale.from)}</span>
        <span>{clock(scale.to, job.now)}</span>
      </div>
      <Row name="Job" attempts={[job.timestamps]} scale={scale} />
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
        <VertexLines key={vertex.id} vertex={vertex} earlier={earlier.data?.vertices[vertex.id] ?? {}} scale={scale} open={open === vertex.id} toggle={() => setOpen(open === vertex.id ? null : vertex.id)} />
      ))}
      <p class="muted small">
        Choose a vertex for the attempts of its subtasks, the newest first. The last <code>jobmanager.execution.attempts-history-size</code> are kept.
      </p>
    </div>
  );
}

interface Scale {
  from: number;
  to: number;
}

interface Lines {
  vertex: Vertex;
  earlier: Record<string, Attempt[]>;
  scale: Scale;
  open: boolean;
  toggle: () => void;
}

function VertexLines({ vertex, earlier, scale, open, toggle }: Lines): VNode {
  return (
    <>
      <Row
        name={
          <button type="button" class="link" aria-expanded={open} onClick={toggle}>
            {open ? "▾" : "▸"} {vertex.name}
          </button>
        }
        attempts={together(vertex, earlier)}
        scale={scale}
      />
      {open &&
        vertex.subtasks.flatMap((s) =>
          [...(earlier[s.subtask] ?? []), s].reverse().map((attempt) => (
            <Row
              key={`${s.subtask}.${attempt.attempt}`}
              name={
                <span class="muted">
                  subtask {s.subtask}, attempt {attempt.attempt}
                  {attempt.taskmanager ? ` on ${attempt.taskmanager}` : ""}
                </span>
              }
              attempts={[attempt.timestamps]}
              scale={scale}
              counts={counts(attempt)}
              note={attempt.failure}
            />
          )),
        )}
    </>
  );
}

/** Records, as the attempt told them last. */
function counts(attempt: Attempt | Subtask): string {
  const own = "measured" in attempt ? attempt.measured : attempt;
  const took = own && "records-read" in own ? own["records-in"] + own["records-read"] : own?.["records-in"];
  const gave = own?.["records-out"];
  return took == null || gave == null ? "" : `, ${count(took)} in, ${count(gave)} out`;
}

/** Attempt by attempt; a vertex is as far as its slowest subtask. */
function together(vertex: Vertex, earlier: Record<string, Attempt[]>): Record<string, number>[] {
  const found = new Map<number, Record<string, number>>();
  for (const subtask of vertex.subtasks) {
    for (const { attempt, timestamps } of [...(earlier[subtask.subtask] ?? []), subtask]) {
      const times = found.get(attempt) ?? {};
      for (const [state, time] of Object.entries(timestamps)) times[state] = Math.max(times[state] ?? 0, time);
      found.set(attempt, times);
    }
  }
  return [...found].sort(([a], [b]) => a - b).map(([, times]) => times);
}

function share(time: number, scale: Scale): number {
  return Math.max(0, Math.min(1, (time - scale.from) / (scale.to - scale.from)));
}

/** `attempts`: when each state was entered, the newest attempt last; its states are told in words. */
function Row({ name, attempts, scale, counts, note }: { name: VNode | string; attempts: Record<string, number>[]; scale: Scale; counts?: string; note?: string | null }): VNode {
  const byAttempt = attempts.map((timestamps) => spans(timestamps, scale.to));
  const words = (byAttempt.at(-1) ?? []).map((span) => (span.to > span.from ? `${span.state.toLowerCase()} ${duration(span.to - span.from)}` : span.state.toLowerCase())).join(", ");
  return (
    <div class="line">
      <span class="name">{name}</span>
      <span class="strip" aria-hidden="true">
        {byAttempt.flat().map((span, n) => {
          const [left, right] = [share(span.from, scale), share(span.to, scale)];
          return <span key={n} class={`span ${kind(span.state)}`} style={{ left: `${left * 100}%`, width: `max(3px, ${(right - left) * 100}%)` }} title={`${span.state} ${duration(span.to - span.from)}`} />;
        })}
      </span>
      <span class="words small">
        {words || "not begun"}
        {counts}
        {byAttempt.length > 1 && `; ${byAttempt.length} attempts`}
        {note && <span class="bad">: {firstLine(note)}</span>}
      </span>
    </div>
  );
}
