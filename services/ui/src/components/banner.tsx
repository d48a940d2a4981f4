import type { VNode } from "preact";
import { useConnection } from "../link/connection";
import { clock } from "../model/format";

/** What keeps the page from being up to date, while it does. */
export function Banner(): VNode | null {
  const { connection, problem, fresh } = useConnection();
  const figures = fresh > 0 ? ` The figures are from ${clock(fresh)}.` : "";
  if (problem && problem.status === 503) {
    return (
      <div class="banner bad" role="alert">
        <strong>{problem.errors[0]?.startsWith("Redis") ? "Redis is away." : "The dispatcher is not ready."}</strong> Nothing can be read or changed until it is
        back; this page goes on by itself then.{figures} <span class="muted">{problem.errors[0]}</span>
      </div>
    );
  }
  if (connection === "lost") {
    return (
      <div class="banner bad" role="alert">
        <strong>No answer from {location.host}.</strong> Is the dispatcher running, and can you reach it?{figures} Trying
        again; this page goes on by itself.
      </div>
    );
  }
  return null;
}
