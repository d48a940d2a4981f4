import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useConnection } from "../link/connection";
import { useAnswer } from "../link/use-answer";
import type { Route } from "../model/route";
import { theme } from "../theme";
import { Icon } from "./icon";

const LINKS: { page: Route["page"]; also?: Route["page"]; href: string; text: string }[] = [
  { page: "overview", also: "job", href: "#/", text: "Overview" },
  { page: "taskmanagers", href: "#/taskmanagers", text: "TaskManagers" },
  { page: "logs", href: "#/logs", text: "Logs" },
  { page: "submit", href: "#/submit", text: "Submit" },
];
const LAMP = {
  connecting: ["quiet", "connecting"],
  live: ["good", "live"],
  polling: ["warning", "polling"],
  lost: ["bad", "no answer"],
} as const;

/** The pages, how they are connected, and dark or light. */
export function Header({ page }: { page: Route["page"] }): VNode {
  const { connection, problem } = useConnection();
  const [kind, word] = problem ? (["bad", "trouble"] as const) : LAMP[connection];
  const config = useAnswer<{ "flink-version": string }>("config");
  const version = config.data?.["flink-version"].split("penstock-")[1];
  return (
    <header class="top">
      <a class="brand" href="#/" aria-label="Penstock, overview">
        <img src="./favicon.svg" alt="" width="26" height="26" />
        <span>Penstock</span>
      </a>
      <nav aria-label="Pages">
        {LINKS.map((link) => {
          const current = link.page === page || link.also === page;
          return (
            <a key={link.href} href={link.href} class={current ? "here" : ""} aria-current={link.page === page ? "page" : undefined}>
              {link.text}
            </a>
          );
        })}
      </nav>
      <span class="fill" />
      {page !== "submit" && (
        <span class={`lamp ${kind}`} role="status" title={`How this page gets its figures: ${word}`}>
          {word}
        </span>
      )}
      {version && <span class="version muted">{version}</span>}
      <ThemeButton />
    </header>
  );
}

function ThemeButton(): VNode {
  const [now, setNow] = useState(theme.get());
  useEffect(() => theme.listen(() => setNow(theme.get())), []);
  const other = now === "dark" ? "light" : "dark";
  return (
    <button class="icon" type="button" onClick={() => theme.toggle()} aria-label={`Change to ${other} colours`} title={`Change to ${other} colours`}>
      <Icon name={now === "dark" ? "sun" : "moon"} />
    </button>
  );
}
