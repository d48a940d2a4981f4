import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Banner } from "./components/banner";
import { Empty } from "./components/empty";
import { Header } from "./components/header";
import { TokenForm } from "./components/token-form";
import { useConnection } from "./link/connection";
import { useAccess } from "./link/token";
import { parse, type Route } from "./model/route";
import { JobPage } from "./pages/job/job-page";
import { LogsPage } from "./pages/logs";
import { OverviewPage } from "./pages/overview";
import { SubmitPage } from "./pages/submit";
import { TaskManagersPage } from "./pages/taskmanagers";

/** The page that the address names. */
export function App(): VNode {
  const [hash, setHash] = useState(location.hash);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const { problem, connection } = useConnection();
  const asked = useAccess();
  const route = parse(hash);
  const title = titleOf(route);
  useEffect(() => {
    document.title = `${title} · Penstock`;
    scrollTo(0, 0);
  }, [title]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
        Skip to the content
      </a>
      <Header page={route.page} />
      <Banner />
      <main id="main" ref={main} tabIndex={-1} class={problem || connection === "lost" ? "stale" : ""}>
        {asked ? <TokenForm wrong={asked === "wrong"} /> : <Page route={route} />}
      </main>
    </>
  );
}

function titleOf(route: Route): string {
  switch (route.page) {
    case "overview":
      return "Overview";
    case "job":
      return `Job ${route.job.slice(0, 8)}`;
    case "taskmanagers":
      return "TaskManagers";
    case "logs":
      return route.file ?? "Logs";
    case "submit":
      return "Submit a job";
    case "unknown":
      return "Not found";
  }
}

function Page({ route }: { route: Route }): VNode {
  switch (route.page) {
    case "overview":
      return <OverviewPage />;
    case "job":
      return <JobPage key={route.job} id={route.job} tab={route.tab} query={route.query} />;
    case "taskmanagers":
      return <TaskManagersPage chosen={route.chosen} />;
    case "logs":
      return <LogsPage chosen={route.file} />;
    case "submit":
      return <SubmitPage chosen={route.jar} />;
    case "unknown":
      return (
        <Empty title="There is no such page">
          <p>
            Nothing is at <code>{route.path}</code>. <a href="#/">Go to the overview</a>.
          </p>
        </Empty>
      );
  }
}
