import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Table, type Column } from "../../components/table";
import type { Subtask } from "../../link/documents";

interface Row {
  name: string;
  values: (number | string | undefined)[];
}

/** Counters, meters and gauges of the functions themselves. */
export function UserMetrics({ subtasks }: { subtasks: Subtask[] }): VNode | null {
  const [text, setText] = useState("");
  const names = [...new Set(subtasks.flatMap((s) => Object.keys(s.metrics ?? {})))].sort();
  if (!names.length) return null;
  const rows: Row[] = names
    .filter((name) => name.toLowerCase().includes(text.trim().toLowerCase()))
    .map((name) => ({ name, values: subtasks.map((s) => s.metrics?.[name]) }));
  const columns: Column<Row>[] = [
    { name: "Metric", by: (row) => row.name, cell: (row) => <code>{row.name}</code> },
    { name: "Sum", numeric: true, by: sum, cell: (row) => (row.values.some((v) => typeof v === "number") ? exact(sum(row)) : "–") },
    ...subtasks.slice(0, 16).map((s, n) => ({ name: `Subtask ${s.subtask}`, numeric: true, cell: (row: Row) => shown(row.values[n]) })),
  ];
  return (
    <section>
      <div class="row head">
        <h3>Metrics of the functions</h3>
        <span class="fill" />
        {names.length > 6 && <input type="search" aria-label="Search metrics" placeholder="name" value={text} onInput={(e) => setText(e.currentTarget.value)} />}
      </div>
      <Table label="Metrics of the functions" columns={columns} rows={rows} keyOf={(row) => row.name} />
    </section>
  );
}

function sum(row: Row): number {
  return row.values.reduce<number>((total, value) => total + (typeof value === "number" ? value : 0), 0);
}

function exact(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

function shown(value: number | string | undefined): string {
  return value === undefined ? "–" : typeof value === "number" ? exact(value) : value;
}
