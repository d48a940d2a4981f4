import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Empty, Failed, Loading } from "../../components/empty";
import type { Graph, Job } from "../../link/documents";
import { useAnswer } from "../../link/use-answer";
import { useLive } from "../../link/use-live";
import { historyOf } from "../../model/histories";
import { jobLink, TABS, type Tab } from "../../model/route";
import { ChartsTab } from "./charts-tab";
import { CheckpointsTab } from "./checkpoints-tab";
import { ConfigurationTab } from "./configuration-tab";
import { ExceptionsTab } from "./exceptions-tab";
import { FlamegraphTab } from "./flamegraph-tab";
import { GraphTab } from "./graph-tab";
import { JobHeader } from "./job-header";
import { TimelineTab } from "./timeline-tab";

interface Properties {
  id: string;
  tab: Tab;
  query: URLSearchParams;
}

/** One job, in tabs that one stream feeds. */
export function JobPage({ id, tab, query }: Properties): VNode {
  const chosen = tab === "graph" ? query.get("vertex") : null;
  const path = `jobs/${encodeURIComponent(id)}${chosen ? `?vertex=${encodeURIComponent(chosen)}` : ""}`;
  const { data, problem } = useLive<Job>(path);
  const kept = useKept(data, id);
  if (problem && problem.status !== 503) return <Gone id={id} problem={problem} known={kept !== null} />;
  if (!kept) return <Loading what="the job" />;
  return <Tabs job={kept} tab={tab} query={query} />;
}

let last: Job | null = null;

/** What is known of the job while another stream of the same page begins. */
function useKept(data: Job | null, id: string): Job | null {
  if (data) last = data;
  return data ?? (last?.id === id ? last : null);
}

function Gone({ id, problem, known }: { id: string; problem: { status: number; errors: string[] }; known: boolean }): VNode {
  if (problem.status === 404) {
    return (
      <Empty title={known ? "This job has vanished" : "There is no such job"}>
        <p>
          The cluster knows no job <code>{id}</code>
          {known ? " any more: its Redis was emptied, or another cluster answers at this address." : ". Jobs are known by all 32 digits of their id."}
        </p>
        <p>
          <a href="#/">Go to the overview</a> for the jobs there are.
        </p>
      </Empty>
    );
  }
  return <Failed what="The job cannot be shown." error={problem} />;
}

const NAMES: Record<Tab, string> = {
  graph: "Graph",
  charts: "Charts",
  checkpoints: "Checkpoints",
  exceptions: "Exceptions",
  timeline: "Timeline",
  flamegraph: "Flame graph",
  configuration: "Configuration",
};

function Tabs({ job, tab, query }: { job: Job; tab: Tab; query: URLSearchParams }): VNode {
  const history = historyOf(job);
  const graph = useAnswer<Graph>(`penstock/views/jobs/${job.id}/graph`, job.graph);
  const bar = useRef<HTMLElement>(null);
  useEffect(() => bar.current?.querySelector(".here")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [tab]);
  const badges: Partial<Record<Tab, number>> = { exceptions: job.failures.length, checkpoints: job.checkpoints.failed };
  return (
    <>
      <JobHeader job={job} />
      <nav class="tabs" aria-label="Parts of the job" ref={bar}>
        {TABS.map((name) => (
          <a key={name} href={jobLink(job.id, name)} class={name === tab ? "here" : ""} aria-current={name === tab ? "page" : undefined}>
            {NAMES[name]}
            {badges[name] ? <span class="badge">{badges[name]}<span class="unseen"> {name === "exceptions" ? "failures" : "failed"}</span></span> : null}
          </a>
        ))}
      </nav>
      {graph.error && <Failed what="The job's graph cannot be read." error={graph.error} />}
      {tab === "graph" && (graph.data ? <GraphTab job={job} graph={graph.data} history={history} chosen={query.get("vertex")} tap={query.get("tap")} /> : <Loading what="the graph" />)}
      {tab === "charts" && <ChartsTab job={job} history={history} />}
      {tab === "checkpoints" && <CheckpointsTab job={job} chosen={query.get("checkpoint")} />}
      {tab === "exceptions" && <ExceptionsTab job={job} />}
      {tab === "timeline" && <TimelineTab job={job} />}
      {tab === "flamegraph" && <FlamegraphTab job={job} chosen={query.get("vertex")} type={query.get("type")} subtask={query.get("subtask")} />}
      {tab === "configuration" && (graph.data ? <ConfigurationTab graph={graph.data} job={job} /> : <Loading what="the configuration" />)}
    </>
  );
}
