import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Failed } from "../components/empty";
import { Graph } from "../components/graph";
import { ApiError, request } from "../link/api";
import type { Shape } from "../link/documents";
import type { JarFile } from "../link/flink";
import { jobLink } from "../model/route";

interface Plan {
  graph: Shape & { name: string; type: string };
}

interface Wanted {
  entry: string;
  args: string;
  parallelism: string;
  savepoint: string;
  skip: boolean;
}

/** How a program is to be run; its plan before it is. */
export function RunForm({ file }: { file: JarFile }): VNode {
  const [wanted, setWanted] = useState<Wanted>({ entry: "", args: "", parallelism: "", savepoint: "", skip: false });
  const [busy, setBusy] = useState("");
  const [plan, setPlan] = useState<Plan | null>(null);
  const [error, setError] = useState<{ what: string; of: ApiError } | null>(null);
  const entry = file.entry[0]?.name;
  const set = (change: Partial<Wanted>) => {
    setWanted({ ...wanted, ...change });
    setPlan(null);
  };
  const ask = async (verb: "plan" | "run") => {
    setBusy(verb);
    setError(null);
    try {
      const body = bodyOf(wanted);
      if (verb === "plan") setPlan(await request<Plan>("POST", `jars/${encodeURIComponent(file.id)}/plan`, body));
      else {
        const { jobid } = await request<{ jobid: string }>("POST", `jars/${encodeURIComponent(file.id)}/run`, body);
        location.hash = jobLink(jobid);
      }
    } catch (problem) {
      const of = problem instanceof ApiError ? problem : new ApiError(0, [String(problem)]);
      setError({ what: verb === "plan" ? "The program has no plan." : "The program did not start a job.", of });
    }
    setBusy("");
  };
  return (
    <form class="run" onSubmit={(event) => { event.preventDefault(); void ask("run"); }}>
      <div class="fields">
        <Field label="Entry" hint={entry ? `${entry}, unless another file or module is named` : "a file or dotted module of the archive; it has to be named"} value={wanted.entry} set={(v) => set({ entry: v })} required={!entry} />
        <Field label="Arguments" hint="as in a shell: --input words.txt --limit 10" value={wanted.args} set={(v) => set({ args: v })} />
        <Field label="Parallelism" hint="where the program sets none" type="number" value={wanted.parallelism} set={(v) => set({ parallelism: v })} />
        <Field label="Savepoint" hint="folder of a savepoint or checkpoint to begin with" value={wanted.savepoint} set={(v) => set({ savepoint: v })} />
        <label class="check wide">
          <input type="checkbox" checked={wanted.skip} onChange={(e) => set({ skip: e.currentTarget.checked })} /> leave out state that the program no longer has
        </label>
      </div>
      <div class="row">
        <button type="button" disabled={busy !== ""} onClick={() => void ask("plan")}>
          {busy === "plan" ? "Planning…" : "Show the plan"}
        </button>
        <button type="submit" class="primary" disabled={busy !== ""}>
          {busy === "run" ? "Starting…" : "Run"}
        </button>
        <span class="muted small">main() runs on the dispatcher's machine.</span>
      </div>
      {error && <Failed what={error.what} error={error.of} />}
      {plan && (
        <section aria-label="Plan">
          <h3>
            Plan of {plan.graph.name} <span class="muted">{plan.graph.type.toLowerCase()}, not started</span>
          </h3>
          <Graph shape={plan.graph} />
        </section>
      )}
    </form>
  );
}

function bodyOf(wanted: Wanted): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  if (wanted.entry.trim()) body.entryClass = wanted.entry.trim();
  if (wanted.args.trim()) body.programArgs = wanted.args;
  if (wanted.parallelism.trim()) body.parallelism = Number(wanted.parallelism);
  if (wanted.savepoint.trim()) body.savepointPath = wanted.savepoint.trim();
  if (wanted.skip) body.allowNonRestoredState = true;
  return body;
}

interface FieldProperties {
  label: string;
  hint: string;
  value: string;
  set: (value: string) => void;
  type?: string;
  required?: boolean;
}

function Field({ label, hint, value, set, type = "text", required }: FieldProperties): VNode {
  const id = `field-${label.toLowerCase()}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} type={type} min={type === "number" ? 1 : undefined} value={value} required={required} onInput={(e) => set(e.currentTarget.value)} aria-describedby={`${id}-hint`} autocomplete="off" spellcheck={false} />
      <span id={`${id}-hint`} class="muted small">{hint}</span>
    </div>
  );
}
