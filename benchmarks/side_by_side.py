"""Records per CPU second of every workload by every runner: a long run less a short one, so that start-up is out."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.cluster import Cluster
from benchmarks.command import Taken
from benchmarks.goals import verdicts
from benchmarks.outcome import check, of_text, summed
from benchmarks.runners import LOOP, Runner
from benchmarks.spread import spread
from benchmarks.workloads import WORKLOADS, Inputs

Say = Callable[[str], None]
_CHECKED = 20_000  #: records of the run that checks those who discard


def measure(
    cluster: Cluster, folder: Path, rounds: int, say: Say, runners: Sequence[Runner], workloads: Sequence[str]
) -> dict[str, Any]:
    """`rows`, `goals` with what was reached, peers that `failed`.

    Runners take turns, so that what disturbs the machine disturbs all.
    """
    inputs = Inputs(folder)
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    starts: dict[tuple[str, str], list[float]] = defaultdict(list)
    walls: dict[tuple[str, str], list[float]] = defaultdict(list)
    failed: dict[tuple[str, str], str] = {}
    taking = [(w, r) for w in workloads for r in runners if w in r.sizes]
    for number in range(rounds):
        for workload, runner in taking:
            key = (workload, runner.name)
            if key in failed:
                continue
            try:
                if runner.keeps and not number:
                    _once(runner, cluster, inputs, workload, _CHECKED, keep=True)
                small, large = runner.sizes[workload]
                short = _once(runner, cluster, inputs, workload, small)
                long = _once(runner, cluster, inputs, workload, large)
            except (RuntimeError, ValueError) as error:
                if not runner.venv:
                    raise
                # a peer that fails has no figure; the others keep theirs
                failed[key] = str(error)
                say(f"{workload}, {runner.name} failed: {error}")
                continue
            added = large - small
            rates[key].append(added / max(long.cpu - short.cpu, 1e-9))
            walls[key].append(added / max(long.wall - short.wall, 1e-9))
            starts[key].append(max(0.0, short.cpu - (long.cpu - short.cpu) * small / added))
            say(f"round {number + 1}: {workload}, {runner.name}: {rates[key][-1]:,.0f} per CPU second")
    taking = [(w, r) for w, r in taking if (w, r.name) not in failed]
    found = {key: spread(values).median for key, values in rates.items() if key not in failed}
    failures = [{"workload": w, "runner": r, "error": e} for (w, r), e in failed.items()]
    rows = [_row(w, r, rates, walls, starts) for w, r in taking]
    return {"rows": rows, "goals": verdicts(found), "failed": failures}


def _once(
    runner: Runner, cluster: Cluster, inputs: Inputs, workload: str, records: int, *, keep: bool = False
) -> Taken:
    """ValueError where the results are not the oracle's."""
    kind = WORKLOADS[workload]
    output = inputs.folder / "output"
    taken = runner.run(cluster, workload, inputs.file(kind, records), output, keep=keep)
    if keep or not runner.keeps:
        found = of_text(output, workload) if keep else summed(output)
        expected = dict(inputs.expected(kind, records))
        if runner.merges:
            del found["results"], expected["results"]
        check(f"{workload}, {records:,} records, {runner.name}", found, expected)
    shutil.rmtree(output, ignore_errors=True)
    return taken


def _row(
    workload: str,
    runner: Runner,
    rates: dict[tuple[str, str], list[float]],
    walls: dict[tuple[str, str], list[float]],
    starts: dict[tuple[str, str], list[float]],
) -> dict[str, Any]:
    key, loop = (workload, runner.name), (workload, LOOP)
    rate = spread(rates[key])
    # round by round: what else runs on the machine changes over minutes
    ratio = spread([own / bare for own, bare in zip(rates[key], rates[loop], strict=True)]) if loop in rates else None
    return {
        "workload": workload,
        "runner": runner.name,
        "records": runner.sizes[workload],
        "per_cpu_s": round(rate.median),
        "noise": round(rate.noise, 3),
        "us_cpu": round(1e6 / rate.median, 3),
        "ratio_to_loop": None if ratio is None else round(ratio.median, 4),
        "per_wall_s": round(spread(walls[key]).median),
        "start_up_cpu_s": round(spread(starts[key]).median, 2),
        "rounds": [round(value) for value in rates[key]],
    }
