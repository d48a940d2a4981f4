"""The benchmark's oracle, loops and dataflows agree, and what differs is noticed."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.command import JOBS, run
from benchmarks.goals import verdicts
from benchmarks.outcome import check, of_text, summed
from benchmarks.runners import BYTEWAX, LOCAL, LOOP
from benchmarks.workloads import WORKLOADS, Inputs


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("program", ["plain_loops.py", "penstock_job.py"])
def test_results_are_the_oracles(program: str, workload: str, tmp_path: Path) -> None:
    inputs, kind = Inputs(tmp_path), WORKLOADS[workload]
    file = inputs.file(kind, 20_000)
    arguments = ["--workload", workload, "--input", str(file), "--output", str(tmp_path / "out")]
    run([sys.executable, str(JOBS / program), *arguments])
    check(program, summed(tmp_path / "out"), inputs.expected(kind, 20_000))


def test_a_lost_bid_is_noticed(tmp_path: Path) -> None:
    inputs = Inputs(tmp_path)
    for name in ("json", "window"):
        with pytest.raises(ValueError, match="the results are"):
            check(name, inputs.expected(WORKLOADS[name], 10_000), inputs.expected(WORKLOADS[name], 9_990))


def test_inputs_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for kind in (WORKLOADS["words"], WORKLOADS["json"]):
        kind.write(tmp_path / "long", 2000)
        kind.write(tmp_path / "short", 1000)
        assert (tmp_path / "long").read_text().startswith((tmp_path / "short").read_text())


def test_results_that_a_jvm_wrote_as_text(tmp_path: Path) -> None:
    (tmp_path / "tuples").write_text("(a,1)\n(b,1)\n")
    (tmp_path / "changes").write_text("+I[c, 1]\n-U[c, 1]\n+U[c, 2]\n")
    found = of_text(tmp_path, "words")
    assert (found["results"], found["words"]) == (4, 3)
    (tmp_path / "changes").write_text("c 2\n")
    with pytest.raises(ValueError, match="is no result"):
        of_text(tmp_path, "words")


def test_goals_are_judged_by_the_rates_of_the_run() -> None:
    found = verdicts({("words", LOCAL): 80.0, ("words", LOOP): 100.0, ("words", BYTEWAX): 50.0})
    assert [(g["against"], g["ratio"], g["met"]) for g in found] == [(LOOP, 0.8, True), (BYTEWAX, 1.6, False)]


def test_the_reaper_counts_what_its_command_left_behind() -> None:
    left = "import time; end = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
    command = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {left!r}])"
    reaper = Path(__file__).parents[3] / "benchmarks" / "reaper.py"
    assert run([sys.executable, str(reaper), sys.executable, "-c", command]).cpu > 0.5


def test_the_reaper_hands_on_the_status() -> None:
    reaper = Path(__file__).parents[3] / "benchmarks" / "reaper.py"
    assert subprocess.run([sys.executable, str(reaper), sys.executable, "-c", "raise SystemExit(3)"]).returncode == 3
