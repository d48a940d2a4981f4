import type { VNode } from "preact";
import { Empty, Failed, Loading } from "../../components/empty";
import type { Failure, Job } from "../../link/documents";
import { useAnswer } from "../../link/use-answer";
import { ago, clock } from "../../model/format";
import { taskmanagerLink } from "../../model/route";
import { culprit, parts } from "../../model/traceback";

/** Why the job failed: the user's own line first. */
export function ExceptionsTab({ job }: { job: Job }): VNode {
  const version = `${job.failures.length}/${job.failures.at(-1)?.time}/${job.state}`;
  const { data, error } = useAnswer<{ failures: Failure[]; omitted: number }>(`penstock/views/jobs/${job.id}/failures`, version);
  if (!data) return error ? <Failed what="The exceptions cannot be shown." error={error} /> : <Loading what="the exceptions" />;
  if (data.failures.length === 0) {
    return (
      <Empty title="No exception">
        <p>Nothing in this job has failed{job.restarts ? " that is still remembered" : ""}.</p>
      </Empty>
    );
  }
  return (
    <>
      {data.failures.map((failure, n) => (
        <One key={`${failure.time}:${failure.task}`} failure={failure} now={job.now} open={n === 0} />
      ))}
      {data.omitted > 0 && <p class="muted">{data.omitted} older ones are not shown.</p>}
    </>
  );
}

function One({ failure, now, open }: { failure: Failure; now: number; open: boolean }): VNode {
  const where = culprit(failure.traceback);
  const { own, rest } = parts(failure.traceback);
  return (
    <article class={`card exception ${failure.concurrent ? "concurrent" : ""}`}>
      <h2 class="bad">{failure.message}</h2>
      <p class="muted small">
        {clock(failure.time, now)}, {ago(failure.time, now)}
        {failure.task && <> · in {failure.task}</>}
        {failure.taskmanager && (
          <> · on <a href={taskmanagerLink(failure.taskmanager)}>{failure.taskmanager}</a>{failure.endpoint ? ` (${failure.endpoint})` : ""}</>
        )}
        {failure.concurrent && <> · while the job was being stopped for the one before</>}
        {failure.recovery && <> · {failure.recovery}</>}
      </p>
      {where && (
        <div class="culprit">
          <div>
            <code>{where.file}</code>, line <strong>{where.line}</strong>, in <code>{where.name}</code>
          </div>
          {where.code && <pre tabIndex={0}>{where.code}</pre>}
        </div>
      )}
      {failure.record && (
        <div class="record">
          <span class="muted">The record:</span> <code>{failure.record}</code>
        </div>
      )}
      {own && (
        <details open={open}>
          <summary>Traceback</summary>
          <pre tabIndex={0}>{own}</pre>
        </details>
      )}
      {rest && (
        <details>
          <summary>Penstock's own frames</summary>
          <pre tabIndex={0}>{rest}</pre>
        </details>
      )}
    </article>
  );
}
