"""Who runs the workloads: plain loops, Penstock in one process and on a cluster, and the peers."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.cluster import Cluster
from benchmarks.command import JOBS, Taken, run
from benchmarks.peers_venv import python_of, site_packages

LOOP, LOCAL, REDIS, MIXED = (
    "plain loop",
    "Penstock, local",
    "Penstock, cluster, 2 slots, through Redis",
    ("Penstock, cluster, 2 slots, in memory within a slot"),
)
BYTEWAX, BYTEWAX_BATCH = "Bytewax", "Bytewax, batch API"
PROCESS, THREAD = "PyFlink, process mode", "PyFlink, thread mode"
SQL, SQL_MINI = "Flink SQL, JVM", "Flink SQL, JVM, mini-batch"
_REAPER = str(Path(__file__).parent / "reaper.py")

Sizes = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Runner:
    """`sizes`: records of the short and the long run by workload, a runner has no figure for what is missing.

    `venv`: of the peer. `in_memory`: None for what runs on no cluster; channels within a slot avoid Redis or not.
    `keeps`: its timed runs discard their results, which are checked in a run of their own. `settings`: `key=value`.
    `merges`: gives fewer running counts than records, each word's last one among them.
    """

    name: str
    program: str
    sizes: Mapping[str, Sizes]
    arguments: tuple[str, ...] = ()
    venv: str = ""
    in_memory: bool | None = None
    keeps: bool = False
    settings: tuple[str, ...] = ()
    merges: bool = False

    def run(self, cluster: Cluster, workload: str, file: Path, output: Path, *, keep: bool = False) -> Taken:
        program = [str(JOBS / self.program), "--workload", workload, "--input", str(file), "--output", str(output)]
        program += [*self.arguments, *(["--keep"] if keep else [])]
        if self.in_memory is not None:
            channels = f"penstock.exchange.in-memory-channels={str(self.in_memory).lower()}"
            done = cluster.submit(2, [part for s in (channels, *self.settings) for part in ("-D", s)], program)
            # a client asks for its job's end at growing intervals: the job itself says how long it took
            return replace(done.taken, wall=cluster.rest(f"/jobs/{done.job}")["duration"] / 1000)
        if not self.venv:
            return run([sys.executable, *program])
        python = python_of(self.venv)
        # PyFlink's thread mode asks for its own packages by the path; workers need the user functions
        paths = os.pathsep.join((str(JOBS), str(site_packages(python))))
        return run([sys.executable, _REAPER, str(python), *program], environment={"PYTHONPATH": paths})


_WORDS: Sizes = (1_000_000, 4_000_000)
_BIDS: Sizes = (200_000, 1_000_000)
_OURS = {"words": _WORDS, "words, other functions": _WORDS, "json": _BIDS, "window": _BIDS}

PENSTOCK = (
    Runner(LOOP, "plain_loops.py", _OURS),
    Runner(LOCAL, "penstock_job.py", _OURS),
    Runner(REDIS, "penstock_job.py", _OURS, in_memory=False),
    Runner(MIXED, "penstock_job.py", _OURS, in_memory=True),
)
#: each long enough for what it does in a second, and no longer than a minute
PEERS = (
    Runner(
        BYTEWAX,
        "bytewax_job.py",
        {"words": (500_000, 2_000_000), "json": _BIDS, "window": (20_000, 120_000)},
        venv="bytewax",
    ),
    Runner(
        BYTEWAX_BATCH, "bytewax_job.py", {"words": (500_000, 2_000_000), "json": _BIDS}, ("--batch",), venv="bytewax"
    ),
    Runner(
        PROCESS,
        "pyflink_job.py",
        {"words": (50_000, 250_000), "json": (100_000, 600_000), "window": (20_000, 120_000)},
        ("--mode", "process"),
        venv="pyflink",
        keeps=True,
    ),
    Runner(
        THREAD,
        "pyflink_job.py",
        {"words": (50_000, 500_000), "json": (100_000, 1_000_000), "window": (20_000, 200_000)},
        ("--mode", "thread"),
        venv="pyflink",
        keeps=True,
    ),
    Runner(
        SQL,
        "flink_sql_job.py",
        {"words": (2_000_000, 10_000_000), "json": (500_000, 3_000_000), "window": (500_000, 3_000_000)},
        venv="pyflink",
        keeps=True,
    ),
    Runner(
        SQL_MINI,
        "flink_sql_job.py",
        {"words": (2_000_000, 10_000_000)},
        ("--mini-batch",),
        venv="pyflink",
        keeps=True,
        merges=True,
    ),
)
