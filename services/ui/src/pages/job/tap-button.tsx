import type { VNode } from "preact";
import type { Job } from "../../link/documents";
import { useAnswer } from "../../link/use-answer";
import { jobLink } from "../../model/route";
import type { TapVertex } from "../../model/tap";

/** Leads to the tap of what a vertex gives, or where that is nothing, takes. Not there where nothing can be tapped. */
export function TapButton({ job, vertex }: { job: Job; vertex: string }): VNode | null {
  const { data } = useAnswer<{ vertices: TapVertex[] }>(`penstock/jobs/${job.id}/taps`, job.graph);
  const last = data?.vertices.find((v) => v.id === vertex)?.edges.at(-1);
  if (!last) return null;
  return <a class="button" href={jobLink(job.id, "graph", { vertex, tap: last.id })}>Tap</a>;
}
