import { render } from "preact";
import { App } from "./app";
import { theme } from "./theme";
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/graph.css";
import "./styles/pages.css";
import "./styles/tap.css";

theme.apply();
render(<App />, document.getElementById("app")!);
