import type { VNode } from "preact";
import { State } from "../components/state";
import { Table, type Column } from "../components/table";
import type { JobSummary, Lease, Service } from "../link/documents";
import { ago, bytes, duration, plural, short } from "../model/format";
import { jobLink, taskmanagerLink } from "../model/route";

interface Properties {
  services: Service[];
  leases: Lease[];
  jobs: JobSummary[];
  now: number;
}

/** The live processes, and who leads what under which epoch. */
export function Services({ services, leases, jobs, now }: Properties): VNode {
  const processes = services.filter((service) => service.service !== "slot");
  const slots = services.length - processes.length;
  return (
    <section aria-label="Services">
      <h2>Services</h2>
      <Table label="Live processes" columns={serviceColumns(leases, jobs, now)} rows={processes} keyOf={(s) => `${s.service}:${s.id}`} />
      <p class="muted small">
        {plural(slots, "slot process", "slot processes")} are listed under <a href="#/taskmanagers">TaskManagers</a>. A process that stops announcing itself
        disappears from here after ten seconds.
      </p>
      <h2>Leases</h2>
      <Table label="Leases" columns={leaseColumns(jobs)} rows={leases} keyOf={(lease) => lease.role} />
      <p class="muted small">Whoever holds a role's lease leads it; the epoch counts its leaders, and what an older one still writes is refused.</p>
    </section>
  );
}

function serviceColumns(leases: Lease[], jobs: JobSummary[], now: number): Column<Service>[] {
  return [
    { name: "Service", by: (s) => s.service, cell: (s) => s.service },
    { name: "Id", by: (s) => s.id, cell: (s) => (s.service === "taskmanager" ? <a href={taskmanagerLink(s.id)}>{s.id}</a> : <code>{s.id}</code>) },
    { name: "State", by: (s) => s.state, cell: (s) => <State state={s.state} /> },
    { name: "Leads", cell: (s) => <Leads service={s} leases={leases} jobs={jobs} /> },
    { name: "Host", by: (s) => s.host, cell: (s) => `${s.host}, pid ${s.pid}` },
    { name: "Memory", numeric: true, by: (s) => s.memory, cell: (s) => bytes(s.memory) },
    { name: "CPU time", numeric: true, minor: true, by: (s) => s.cpu, cell: (s) => duration(s.cpu * 1000) },
    { name: "Announced", numeric: true, minor: true, by: (s) => s.time, cell: (s) => ago(s.time, now) },
  ];
}

function Leads({ service, leases, jobs }: { service: Service; leases: Lease[]; jobs: JobSummary[] }): VNode {
  const led = leases.filter((lease) => lease.held && lease.leader === service.id && owner(lease) === service.service);
  if (!led.length) return <span class="muted">{service.service === "dispatcher" ? (service.address ?? "") : "–"}</span>;
  return (
    <>
      {led.map((lease) => (
        <div key={lease.role}>
          <Role lease={lease} jobs={jobs} /> <span class="muted">epoch {lease.epoch}</span>
        </div>
      ))}
    </>
  );
}

function owner(lease: Lease): string {
  return lease.role === "resourcemanager" ? "resourcemanager" : "jobmanager";
}

function Role({ lease, jobs }: { lease: Lease; jobs: JobSummary[] }): VNode {
  if (lease.role === "resourcemanager") return <span>the slots</span>;
  const id = lease.role.slice("job:".length);
  return <a href={jobLink(id)}>{jobs.find((job) => job.id === id)?.name ?? short(id)}</a>;
}

function leaseColumns(jobs: JobSummary[]): Column<Lease>[] {
  return [
    { name: "Role", by: (lease) => lease.role, cell: (lease) => <Role lease={lease} jobs={jobs} /> },
    { name: "Lease", by: (lease) => Number(lease.held), cell: (lease) => (lease.held ? <span class="state good">held</span> : <span class="state bad">free</span>) },
    { name: "Leader", by: (lease) => lease.leader ?? "", cell: (lease) => (lease.leader ? <code>{lease.leader}</code> : <span class="muted">{lease.held ? "not announced yet" : "nobody"}</span>) },
    { name: "Epoch", numeric: true, by: (lease) => lease.epoch, cell: (lease) => String(lease.epoch) },
  ];
}
