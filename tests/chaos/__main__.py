"""`python -m tests.chaos`: scenarios by seed until time is up, then the table. See docs/chaos.md.

Environment: SEED (of the first run; random), MINUTES (10), SCENARIO (a name or a part of names, several by comma; all;
`list`: only say which there are), RUNS (runs of each scenario at least; 1), OUT (folder of chaos.json and chaos.md;
chaos-results), HARNESS (processes, docker; processes).
"""

import os
import random
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos import report
from tests.chaos.campaign import Campaign
from tests.chaos.harness import Harness
from tests.chaos.outcome import Outcome
from tests.chaos.processes.cluster import ProcessHarness
from tests.chaos.scenario import Scenario
from tests.chaos.scenarios import ALL


def chosen(text: str) -> list[Scenario]:
    """Those whose names contain one of the parts. ValueError: none does."""
    if text.strip() in ALL:  # names may have commas
        return [ALL[text.strip()]]
    parts = [part.strip() for part in text.split(",") if part.strip()]
    exact = [ALL[part] for part in parts if part in ALL]
    if len(exact) == len(parts):
        return exact or list(ALL.values())
    found = [scenario for name, scenario in ALL.items() if any(part.lower() in name.lower() for part in parts)]
    if not found:
        raise ValueError(f"no scenario is called {text!r}; there are: {', '.join(ALL)}")
    return found


def grouped(scenarios: list[Scenario]) -> list[Scenario]:
    """Those with equal clusters one after another: a cluster takes seconds to start."""
    specs: list[object] = []
    for scenario in scenarios:
        if scenario.spec not in specs:
            specs.append(scenario.spec)
    return sorted(scenarios, key=lambda scenario: specs.index(scenario.spec))


def harness(name: str) -> Harness:
    """By what users call it. ValueError: it is none of them, or this machine cannot run it."""
    if name in ("docker", "containers"):
        from tests.chaos.containers.cluster import ContainerHarness
        from tests.chaos.containers.project import EngineError

        try:
            return ContainerHarness()
        except EngineError as error:
            raise ValueError(f"HARNESS={name}: {error}") from None
    if name != "processes":
        raise ValueError(f"HARNESS={name}: processes or docker")
    return ProcessHarness()


def main() -> int:
    """The exit status: 0 where no run failed and every branch was reached, 1 otherwise, 2 for a wrong SCENARIO."""
    seed = int(os.environ.get("SEED") or random.randrange(10**6))
    minutes = float(os.environ.get("MINUTES") or 10)
    least = int(os.environ.get("RUNS") or 1)
    try:
        listed = os.environ.get("SCENARIO", "") == "list"
        scenarios = grouped(chosen("" if listed else os.environ.get("SCENARIO", "")))
        made = harness(os.environ.get("HARNESS") or "processes")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if listed:
        return _list(scenarios, made)
    campaign = Campaign(made, Path(tempfile.mkdtemp(prefix="penstock-chaos-")))
    load = report.load_now()
    print(f"SEED={seed} MINUTES={minutes:g}, {len(scenarios)} scenarios, {load}", flush=True)
    for scenario in list(scenarios):
        if missing := campaign.missing(scenario):
            print(f"left out: {scenario.name}: this machine cannot {missing}", flush=True)
            scenarios.remove(scenario)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    outcomes = run(campaign, scenarios, seed, time.monotonic() + minutes * 60, least)
    out = Path(os.environ.get("OUT") or "chaos-results")
    print("\n" + report.write(out, outcomes, ALL, campaign.harness.name, f"{load}; {report.load_now()}"))
    bad = [outcome for outcome in outcomes if outcome.problems]
    for outcome in bad:
        print(f"repeat with: make chaos SCENARIO={shlex.quote(outcome.scenario)} SEED={outcome.seed} MINUTES=0")
    for name in (unreached := report.never_reached(report.summary(outcomes, ALL))):
        print(f"never reached: {name}")
    return 1 if bad or unreached else 0


def _list(scenarios: list[Scenario], harness: Harness) -> int:
    for scenario in scenarios:
        missing = ", ".join(sorted(ability.value for ability in scenario.needs - harness.abilities))
        target = f"target {scenario.target} s" if scenario.target else "no target"
        print(f"{scenario.name} ({target}{f'; left out: cannot {missing}' if missing else ''})")
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def run(campaign: Campaign, scenarios: list[Scenario], seed: int, deadline: float, least: int = 1) -> list[Outcome]:
    """Rounds over all scenarios, each with the next seed, until the deadline (`time.monotonic()`) has passed."""
    outcomes: list[Outcome] = []
    rounds = 0
    try:
        while rounds < least or time.monotonic() < deadline:
            for scenario in scenarios:
                if rounds >= least and time.monotonic() >= deadline:
                    break
                outcome = campaign.run(scenario, seed + rounds)
                print(outcome, flush=True)
                if outcome.problems:
                    print("  did: " + "; ".join(outcome.faults), flush=True)
                outcomes.append(outcome)
            rounds += 1
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    finally:
        campaign.close()
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
