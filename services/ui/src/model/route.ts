/** Addresses behind the `#`. Those of Flink's dashboard lead to the same pages. */

export type Tab = "graph" | "charts" | "checkpoints" | "exceptions" | "timeline" | "flamegraph" | "configuration";
export const TABS: Tab[] = ["graph", "charts", "checkpoints", "exceptions", "timeline", "flamegraph", "configuration"];

export type Route =
  | { page: "overview" }
  | { page: "job"; job: string; tab: Tab; query: URLSearchParams }
  | { page: "taskmanagers"; chosen: string | null }
  | { page: "logs"; file: string | null }
  | { page: "submit"; jar: string | null }
  | { page: "unknown"; path: string };

const FLINK_TABS: Record<string, Tab> = { overview: "graph", timeline: "timeline" };

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?");
  let parts = path.split("/").filter(Boolean).map(decoded);
  if (parts[0] === "job" && (parts[1] === "running" || parts[1] === "completed")) {
    const [, , job, tab, vertex, below] = parts;
    if (job && vertex && below === "flamegraph") return { page: "job", job, tab: "flamegraph", query: new URLSearchParams({ vertex }) };
    parts = job ? ["jobs", job, FLINK_TABS[tab ?? ""] ?? tab ?? ""] : [];
  }
  const [first, second, third] = parts;
  switch (first) {
    case undefined:
    case "overview":
    case "job-manager":
      return { page: "overview" };
    case "jobs": {
      if (!second) return { page: "overview" };
      const tab = (third || "graph") as Tab;
      if (!TABS.includes(tab)) break;
      return { page: "job", job: second, tab, query: new URLSearchParams(query) };
    }
    case "taskmanagers":
    case "task-manager":
      return { page: "taskmanagers", chosen: second ?? null };
    case "logs":
      return { page: "logs", file: second ?? null };
    case "submit":
      return { page: "submit", jar: second ?? null };
  }
  return { page: "unknown", path };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function jobLink(job: string, tab: Tab = "graph", query: Record<string, string> = {}): string {
  const asked = new URLSearchParams(query).toString();
  return `#/jobs/${encodeURIComponent(job)}${tab === "graph" ? "" : `/${tab}`}${asked ? `?${asked}` : ""}`;
}

export function logLink(file: string): string {
  return `#/logs/${encodeURIComponent(file)}`;
}

export function taskmanagerLink(id: string): string {
  return `#/taskmanagers/${encodeURIComponent(id)}`;
}
