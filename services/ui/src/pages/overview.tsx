import type { VNode } from "preact";
import { Empty, Failed, Loading } from "../components/empty";
import { Tile, Tiles } from "../components/tile";
import type { Overview } from "../link/documents";
import { useLive } from "../link/use-live";
import { alerts, type Alert } from "../model/alerts";
import { count, plural } from "../model/format";
import { ended } from "../model/states";
import { Jobs } from "./jobs";
import { Services } from "./services";

/** What the cluster is doing, and what is wrong with it. */
export function OverviewPage(): VNode {
  const { data, problem } = useLive<Overview>("overview");
  if (!data) {
    return problem && problem.status !== 503 ? <Failed what="The overview cannot be shown." error={problem} /> : <Loading what="the overview" />;
  }
  const running = data.jobs.filter((job) => !ended(job.state));
  const states = (state: string) => data.jobs.filter((job) => job.state === state).length;
  const used = data.slots.total - data.slots.free;
  return (
    <>
      <h1>Overview</h1>
      <Alerts found={alerts(data)} />
      <Tiles>
        <Tile label="Slots in use" value={`${used} of ${data.slots.total}`} detail={`in ${plural(data.slots.taskmanagers, "TaskManager")}`} level={data.slots.total ? "" : "bad"} />
        <Tile label="Running jobs" value={count(running.length)} detail={running.length ? summary(running.map((j) => j.state)) : "none"} />
        <Tile label="Finished" value={count(states("FINISHED") + data["jobs-omitted"])} detail="ended by themselves" />
        <Tile label="Cancelled" value={count(states("CANCELED"))} detail="ended by somebody" />
        <Tile label="Failed" value={count(states("FAILED"))} detail={states("FAILED") ? "see their exceptions" : "none"} level={states("FAILED") ? "warning" : ""} />
      </Tiles>
      {data.jobs.length === 0 ? (
        <Empty title="No job yet">
          <p>
            Run one with <code>penstock run -m {location.host} job.py</code>
            {data.features.submit && (
              <>
                {" "}or <a href="#/submit">upload a program</a>
              </>
            )}
            .
          </p>
        </Empty>
      ) : (
        <Jobs jobs={data.jobs} now={data.now} omitted={data["jobs-omitted"]} />
      )}
      <Services services={data.services} leases={data.leases} jobs={data.jobs} now={data.now} />
    </>
  );
}

function summary(states: string[]): string {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, n]) => `${n} ${state.toLowerCase()}`).join(", ");
}

function Alerts({ found }: { found: Alert[] }): VNode {
  return (
    <section aria-label="Alerts" class="alerts">
      {found.length === 0 ? (
        <p class="notice good">All is well: no alerts.</p>
      ) : (
        <ul>
          {found.map((alert) => (
            <li key={alert.text} class={`notice ${alert.level}`}>
              <strong>{alert.link ? <a href={alert.link}>{alert.text}</a> : alert.text}</strong> <span>{alert.advice}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
