"""Who counts the words: the bare loop, Penstock in one process, Penstock on a cluster."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.cluster import Cluster
from benchmarks.command import JOBS, Taken, run

_IN_MEMORY = "penstock.exchange.in-memory-channels"


@dataclass(frozen=True, slots=True)
class Peer:
    """`parallelism` 0: no cluster. `in_memory`: channels inside a slot avoid Redis."""

    name: str
    program: str
    sink: str
    parallelism: int = 0
    in_memory: bool = True
    at_once: int = 1  #: copies side by side, each with the whole text

    def count(self, cluster: Cluster, arguments: list[str], output: Path) -> tuple[Taken, str | None]:
        """Run once, into `output/<copy>`; the job's id where it ran on the cluster."""
        program = [str(JOBS / self.program), "--sink", self.sink, *arguments, "--output", str(output / "{copy}")]
        if not self.parallelism:
            return run([sys.executable, *program], self.at_once), None
        options = ["-D", f"{_IN_MEMORY}={str(self.in_memory).lower()}"]
        done = cluster.submit(self.parallelism, options, [part.replace("{copy}", "0") for part in program])
        # a client asks for its job's end at growing intervals: the job itself says how long it took
        duration = cluster.rest(f"/jobs/{done.job}")["duration"] / 1000
        return replace(done.taken, wall=duration), done.job


def _peers(sink: str) -> tuple[Peer, ...]:
    return (
        Peer("bare loop", "bare_loop.py", sink),
        Peer("bare loop, four at once", "bare_loop.py", sink, at_once=4),
        Peer("Penstock, local, p=1", "word_count.py", sink),
        Peer("Penstock, cluster, p=1, in memory", "word_count.py", sink, 1),
        Peer("Penstock, cluster, p=1, through Redis", "word_count.py", sink, 1, in_memory=False),
        Peer("Penstock, cluster, p=4 (2 x 2 slots)", "word_count.py", sink, 4),
    )


#: the first of each sink is what the others are compared with
PEERS = {"counting": _peers("counting"), "files": _peers("files")}
