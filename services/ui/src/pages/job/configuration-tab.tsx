import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Table, type Column } from "../../components/table";
import type { Graph, Job } from "../../link/documents";
import { plural } from "../../model/format";

interface Entry {
  key: string;
  value: string;
  own: boolean;
}

/** What holds for the job: what it set itself, and what comes from the cluster. */
export function ConfigurationTab({ graph, job }: { graph: Graph; job: Job }): VNode {
  const [text, setText] = useState("");
  const own = graph.configuration.job;
  const entries: Entry[] = Object.entries({ ...graph.configuration.effective, ...own }).map(([key, value]) => ({ key, value, own: key in own }));
  const wanted = text.trim().toLowerCase();
  const rows = entries.filter((e) => !wanted || `${e.key} ${e.value}`.toLowerCase().includes(wanted)).sort((a, b) => Number(b.own) - Number(a.own) || a.key.localeCompare(b.key));
  const columns: Column<Entry>[] = [
    { name: "Key", by: (e) => e.key, cell: (e) => <code>{e.key}</code> },
    { name: "Value", wordy: true, by: (e) => e.value, cell: (e) => <code class="value">{e.value}</code> },
    { name: "Set by", by: (e) => Number(e.own), cell: (e) => (e.own ? "the job" : <span class="muted">the cluster</span>) },
  ];
  const facts: [string, string][] = [
    ["Type", graph.type.toLowerCase()],
    ["Python", graph.python],
    ["Modules", graph.package ? `sent along, package ${graph.package.slice(0, 12)}` : "none beside the program"],
    ["Requirements", graph.requirements.length ? graph.requirements.join(", ") : "none"],
    ["Vertices", `${plural(graph.vertices.length, "vertex", "vertices")}, ${plural(graph.vertices.reduce((n, v) => n + v.operators.length, 0), "operator")}`],
    ["Generation of its input logs", String(job.generation)],
    ["Takeovers by another JobManager", String(job.takeovers)],
  ];
  return (
    <>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="row head">
        <h2>Settings</h2>
        <span class="fill" />
        <input type="search" placeholder="key or value" aria-label="Search settings" value={text} onInput={(e) => setText(e.currentTarget.value)} />
      </div>
      <Table label="Settings" columns={columns} rows={rows} keyOf={(e) => e.key} />
      <p class="muted small">Values of passwords, tokens and keys are hidden.</p>
    </>
  );
}
