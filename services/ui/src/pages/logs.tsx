import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Empty, Failed, Loading } from "../components/empty";
import type { Standing } from "../link/live";
import { useLog } from "../link/use-log";
import { bytes } from "../model/format";
import { logLine } from "../model/log-line";
import { logLink } from "../model/route";

/** The processes' logs, live. */
export function LogsPage({ chosen }: { chosen: string | null }): VNode {
  const { standing, tail } = useLog(chosen);
  const { data, problem } = standing;
  if (problem && problem.status === 404) return <NoSuchLog file={data?.name ?? chosen} problem={problem} />;
  if (!data) return problem && problem.status !== 503 ? <Failed what="The logs cannot be shown." error={problem} /> : <Loading what="the logs" />;
  const file = data.name ?? chosen;
  return (
    <>
      <h1>Logs</h1>
      {!data.folder ? (
        <Empty title="Logs are not here">
          <p>
            The processes log to their own output. <code>docker compose logs -f</code> shows those of containers; where all write into one folder, name it by <code>env.log.dir</code>.
          </p>
        </Empty>
      ) : file === null ? (
        <Empty title="There are no logs yet">
          <p>No process has written into the folder that <code>env.log.dir</code> names.</p>
        </Empty>
      ) : (
        <>
          <label class="log-choice">
            Log{" "}
            <select value={file} onChange={(e) => (location.hash = logLink(e.currentTarget.value).slice(1))}>
              {!data.logs.some((f) => f.name === file) && <option value={file}>{file}</option>}
              {data.logs.map((f) => <option key={f.name} value={f.name}>{f.name} ({bytes(f.size)})</option>)}
            </select>
          </label>
          <Lines file={file} lines={tail.lines} />
        </>
      )}
    </>
  );
}

function NoSuchLog({ file, problem }: { file: string | null; problem: NonNullable<Standing<unknown>["problem"]> }): VNode {
  return (
    <>
      <h1>Logs</h1>
      <Failed what={`${file} cannot be read.`} error={problem} />
      <p><a href="#/logs">See which logs there are</a></p>
    </>
  );
}

const LEVELS = ["debug", "info", "warning", "error", "critical"];

function Lines({ file, lines }: { file: string; lines: string[] }): VNode {
  const [text, setText] = useState("");
  const [least, setLeast] = useState("debug");
  const [following, setFollowing] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const wanted = text.trim().toLowerCase();
  const shown = lines
    .filter((line) => !wanted || line.toLowerCase().includes(wanted))
    .map(logLine)
    .filter((line) => LEVELS.indexOf(line.level) >= LEVELS.indexOf(least) || (line.level === "" && least === "debug"));
  useEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, following, text, least]);
  return (
    <section aria-label={`Lines of ${file}`}>
      <div class="row head filters">
        <input type="search" placeholder="job id, vertex, any word" aria-label="Only lines with" value={text} onInput={(e) => setText(e.currentTarget.value)} />
        <label>
          Level{" "}
          <select value={least} onChange={(e) => setLeast(e.currentTarget.value)}>
            {LEVELS.map((level) => <option key={level} value={level}>{level === "debug" ? "all" : `${level} and above`}</option>)}
          </select>
        </label>
        <label>
          <input type="checkbox" checked={following} onChange={(e) => setFollowing(e.currentTarget.checked)} /> follow
        </label>
        <span class="muted small">{shown.length} of the last {lines.length} lines</span>
      </div>
      <div class="log" ref={box} tabIndex={0} role="log" aria-live="off" aria-label={file}>
        {shown.map((line, n) => (
          <div key={n} class={`log-line ${line.level}`}>
            <span class="muted">{line.time}</span> {line.level && <span class={`level ${line.level}`}>{line.level}</span>} {line.text} <span class="muted">{line.more}</span>
            {line.below && <pre tabIndex={0}>{line.below}</pre>}
          </div>
        ))}
        {!shown.length && <p class="muted">{lines.length ? "No line fits." : "Nothing is in it yet."}</p>}
      </div>
    </section>
  );
}
