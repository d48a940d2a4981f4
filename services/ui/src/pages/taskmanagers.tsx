import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Bar } from "../components/bar";
import { Empty, Failed, Loading } from "../components/empty";
import { State } from "../components/state";
import { Table, type Column } from "../components/table";
import type { Slot, TaskManager, TaskManagers } from "../link/documents";
import { useLive } from "../link/use-live";
import { CpuMeter } from "../model/cpu";
import { ago, bytes, clock, percent, plural } from "../model/format";
import { jobLink, logLink } from "../model/route";

/** Every TaskManager, its slots, and what runs in them. */
export function TaskManagersPage({ chosen }: { chosen: string | null }): VNode {
  const { data, problem } = useLive<TaskManagers>("taskmanagers");
  const meter = useRef(new CpuMeter());
  if (!data) {
    return problem && problem.status !== 503 ? <Failed what="The TaskManagers cannot be shown." error={problem} /> : <Loading what="the TaskManagers" />;
  }
  meter.current.add(data);
  const missing = chosen !== null && !data.taskmanagers.some((tm) => tm.id === chosen);
  return (
    <>
      <h1>TaskManagers</h1>
      {missing && (
        <p class="notice warning" role="alert">
          There is no TaskManager <code>{chosen}</code>: it has left, or was lost. Those that are registered:
        </p>
      )}
      {data.taskmanagers.length === 0 && (
        <Empty title="No TaskManager is registered">
          <p>
            Jobs wait for slots until one is. On this machine: <code>penstock cluster start --taskmanagers 1</code>; in containers: <code>docker compose up -d taskmanager</code>.
          </p>
        </Empty>
      )}
      {data.taskmanagers.map((tm) => (
        <One key={tm.id} tm={tm} now={data.now} meter={meter.current} chosen={tm.id === chosen} />
      ))}
    </>
  );
}

function One({ tm, now, meter, chosen }: { tm: TaskManager; now: number; meter: CpuMeter; chosen: boolean }): VNode {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    if (chosen) section.current?.scrollIntoView({ block: "start" });
  }, [chosen]);
  const used = tm.slots.filter((slot) => slot.job).length;
  const cpu = meter.share(tm.id);
  const facts = [tm.host, tm.pid ? `pid ${tm.pid}` : null, tm.python ? `Python ${tm.python}` : null, tm.cores ? plural(tm.cores, "core") : null, tm.registered ? `since ${clock(tm.registered, now)}` : null, `announced ${ago(tm.heartbeat, now)}`];
  return (
    <section ref={section} class={`card ${chosen ? "chosen" : ""}`} aria-label={`TaskManager ${tm.id}`}>
      <div class="row head">
        <h2>{tm.id}</h2>
        <span class="muted small">{facts.filter(Boolean).join(" · ")}</span>
      </div>
      <div class="meters">
        <Meter label="Slots in use" share={used / Math.max(1, tm.slots.length)} text={`${used} of ${tm.slots.length}`} />
        <Meter label="Memory" share={tm["physical-memory"] ? tm.memory / tm["physical-memory"] : 0} text={`${bytes(tm.memory)} of ${bytes(tm["physical-memory"])}`} />
        <Meter label="CPU" share={cpu !== null && tm.cores ? cpu / tm.cores : 0} text={cpu === null ? "measuring…" : `${cpu.toFixed(2)} of ${plural(tm.cores ?? 0, "core")}`} />
      </div>
      <Table label={`Slots of ${tm.id}`} columns={columns(tm, meter)} rows={tm.slots} keyOf={(slot) => slot.slot} />
      <p class="muted small">
        <a href={logLink(`${tm.id}.log`)}>Its log</a>, live; of a slot, choose the vertex that runs in it for its flame graph.
      </p>
    </section>
  );
}

function Meter({ label, share, text }: { label: string; share: number; text: string }): VNode {
  return (
    <div>
      <span class="muted small">{label}</span>
      <Bar share={share} text={text} kind={share > 0.9 ? "hot" : ""} />
    </div>
  );
}

function columns(tm: TaskManager, meter: CpuMeter): Column<Slot>[] {
  return [
    { name: "Slot", by: (slot) => slot.slot, cell: (slot) => String(slot.slot) },
    { name: "State", by: (slot) => slot.state ?? "", cell: (slot) => <State state={slot.state ?? "UNKNOWN"} /> },
    { name: "Job", by: (slot) => slot["job-name"] ?? "", cell: (slot) => (slot.job ? <a href={jobLink(slot.job)}>{slot["job-name"] ?? slot.job}</a> : "–") },
    { wordy: true, name: "Tasks", by: (slot) => slot.tasks.length, cell: (slot) => <Tasks slot={slot} /> },
    { name: "Memory", numeric: true, by: (slot) => slot.memory ?? 0, cell: (slot) => bytes(slot.memory) },
    { name: "CPU", numeric: true, by: (slot) => meter.share(`${tm.id}/${slot.pid}`) ?? 0, cell: (slot) => percent(slot.pid ? meter.share(`${tm.id}/${slot.pid}`) : null) },
    { name: "Pid", numeric: true, minor: true, by: (slot) => slot.pid ?? 0, cell: (slot) => (slot.pid ? String(slot.pid) : "–") },
  ];
}

function Tasks({ slot }: { slot: Slot }): VNode {
  if (!slot.tasks.length) return <>–</>;
  return (
    <>
      {slot.tasks.map((task) => (
        <div key={`${task.vertex}:${task.subtask}`} class="task">
          <a href={jobLink(slot.job ?? "", "graph", { vertex: task.vertex })}>{task.name}</a>{" "}
          <span class="muted">
            subtask {task.subtask}, {task.state.toLowerCase()}
          </span>
        </div>
      ))}
    </>
  );
}
