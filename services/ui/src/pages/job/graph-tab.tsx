import type { VNode } from "preact";
import { Graph } from "../../components/graph";
import { Empty } from "../../components/empty";
import type { Graph as JobGraph, Job } from "../../link/documents";
import type { History } from "../../model/rates";
import { jobLink } from "../../model/route";
import { ended } from "../../model/states";
import { TapPanel } from "./tap-panel";
import { VertexPanel } from "./vertex-panel";
import { VertexTable } from "./vertex-table";

interface Properties {
  job: Job;
  graph: JobGraph;
  history: History;
  chosen: string | null;
  /** The edge of the chosen vertex that is looked into. */
  tap: string | null;
}

/** Where the records go, where they wait, and who is to blame. */
export function GraphTab({ job, graph, history, chosen, tap }: Properties): VNode {
  const vertices = new Map(job.vertices.map((v) => [v.id, v]));
  const vertex = chosen ? vertices.get(chosen) : undefined;
  const linkOf = (id: string) => jobLink(job.id, "graph", id === chosen ? {} : { vertex: id });
  const edgeLink = (edge: string, target: string) => jobLink(job.id, "graph", { vertex: target, tap: `edge-${edge}` });
  return (
    <>
      <Graph shape={graph} vertices={vertices} rates={history.vertices} now={job.now} chosen={chosen} linkOf={linkOf} edgeLink={ended(job.state) ? undefined : edgeLink} />
      {!ended(job.state) && <Legend />}
      {chosen && !vertex && (
        <Empty title="The job has no such vertex">
          <p>
            Nothing in it is called <code>{chosen}</code>; choose one in the graph.
          </p>
        </Empty>
      )}
      {vertex && tap && <TapPanel job={job} vertex={vertex.id} edge={tap} />}
      {vertex ? (
        <VertexPanel job={job} vertex={vertex} operators={graph.vertices.find((v) => v.id === vertex.id)?.operators ?? []} rates={history.vertices.get(vertex.id)} />
      ) : (
        <VertexTable job={job} rates={history.vertices} />
      )}
    </>
  );
}

function Legend(): VNode {
  return (
    <p class="legend-line muted small">
      <span class="swatch idle" aria-hidden="true" /> idle <span class="swatch half" aria-hidden="true" /> half busy <span class="swatch hot" aria-hidden="true" /> busy all the time
      <span class="swatch held" aria-hidden="true" /> held back: waits for those behind it. The bottleneck is the first busy vertex behind one that is held back.
    </p>
  );
}
