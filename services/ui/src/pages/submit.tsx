import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { Empty, Failed, Loading } from "../components/empty";
import { ApiError, request } from "../link/api";
import type { JarFile } from "../link/flink";
import { useAnswer } from "../link/use-answer";
import { clock } from "../model/format";
import { RunForm } from "./run-form";

/** Upload a program, look at its plan, run it. */
export function SubmitPage({ chosen }: { chosen: string | null }): VNode {
  const [version, setVersion] = useState(0);
  const [error, setError] = useState<ApiError | null>(null);
  const jars = useAnswer<{ files: JarFile[] }>("jars", version);
  const act = async (what: () => Promise<void>) => {
    setError(null);
    try {
      await what();
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError(0, [String(problem)]));
    }
    setVersion((n) => n + 1);
  };
  if (jars.error?.status === 403) {
    return (
      <Empty title="Programs cannot be submitted here">
        <p>{jars.error.message}</p>
      </Empty>
    );
  }
  const files = jars.data?.files ?? [];
  const current = files.find((file) => file.id === chosen);
  return (
    <>
      <h1>Submit a job</h1>
      <Upload
        onFile={(file) =>
          act(async () => {
            const form = new FormData();
            form.set("jarfile", file, file.name);
            const { filename } = await request<{ filename: string }>("POST", "jars/upload", form);
            location.hash = `#/submit/${encodeURIComponent(filename.split("/").at(-1)!)}`;
          })
        }
      />
      {error && <Failed what="That did not work." error={error} />}
      {jars.error && <Failed what="The uploaded programs cannot be listed." error={jars.error} />}
      {!jars.data && !jars.error && <Loading what="the uploaded programs" />}
      {jars.data && files.length === 0 && (
        <Empty title="No program has been uploaded">
          <p>
            Upload a script, or a zip or wheel of several files. Or run one from the command line: <code>penstock run -m {location.host} job.py</code>.
          </p>
        </Empty>
      )}
      <ul class="programs">
        {files.map((file) => (
          <li key={file.id} class={`card ${file.id === chosen ? "chosen" : ""}`}>
            <div class="row">
              <a href={file.id === chosen ? "#/submit" : `#/submit/${encodeURIComponent(file.id)}`} aria-expanded={file.id === chosen} role="button">
                {file.name}
              </a>
              <span class="muted small">uploaded {clock(file.uploaded)}</span>
              <span class="fill" />
              <button type="button" onClick={() => void act(() => request("DELETE", `jars/${encodeURIComponent(file.id)}`))} aria-label={`Delete ${file.name}`}>
                Delete
              </button>
            </div>
            {file === current && <RunForm key={file.id} file={file} />}
          </li>
        ))}
      </ul>
    </>
  );
}

function Upload({ onFile }: { onFile: (file: File) => Promise<void> }): VNode {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState("");
  const take = async (file: File | undefined) => {
    if (!file) return;
    setBusy(file.name);
    await onFile(file);
    setBusy("");
    if (input.current) input.current.value = "";
  };
  return (
    <div
      class={`upload ${over ? "over" : ""}`}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); void take(event.dataTransfer?.files[0]); }}
    >
      <label for="program">Program</label>
      <input ref={input} id="program" type="file" accept=".py,.zip,.whl" onChange={(event) => void take(event.currentTarget.files?.[0])} />
      <span class="muted" role="status">{busy ? `Uploading ${busy}…` : "a .py, .zip or .whl file; or drop one here"}</span>
    </div>
  );
}
