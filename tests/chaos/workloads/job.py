"""A workload under way on a cluster: submitted by an attached client, told when to end, compared with its oracle."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from penstock.testing import Difference, committed_lines, compare
from penstock.testing.local_cluster import wait_until
from tests.chaos.harness import ChaosCluster
from tests.chaos.probe import Probe
from tests.chaos.workloads.oracle import expected

PROGRAM = Path(__file__).with_name("program.py")


@dataclass(frozen=True, slots=True)
class Workload:
    """Settings of the program, as far as a scenario chooses them."""

    kind: Literal["counts", "join", "timers"] = "counts"
    rate: float = 400.0  #: records a second
    keys: int = 23
    hot: float = 0.0
    parallelism: int = 2
    interval: int = 300  #: ms
    backend: str = "hashmap"
    redis_sink: bool = True
    slow: float = 0.0  #: ms of each record
    exceptions: int = 0  #: of user code, in the first seconds
    configuration: Mapping[str, str] = field(default_factory=dict)

    def but(self, **changes: Any) -> "Workload":
        return replace(self, **changes)


class Job:
    """One of them. `id` is there once it is submitted."""

    def __init__(
        self,
        cluster: ChaosCluster,
        folder: Path,
        workload: Workload,
        choice: random.Random,
        *,
        start_from: str = "",
        goes_on: "Job | None" = None,
    ) -> None:
        """`start_from`: a savepoint. `goes_on`: the job whose output and numbers this one continues."""
        self.cluster, self.workload, self.folder = cluster, workload, folder
        self.home: Path = goes_on.home if goes_on else folder
        folder.mkdir(parents=True)
        for name in ("out", "probe", "marks"):
            (self.home / name).mkdir(exist_ok=True)
        self.settings = self._settings(choice, goes_on)
        self.probe = Probe(self.home / "probe")
        self._spans = 0.0 if goes_on is None else goes_on.spans
        (folder / "settings.json").write_text(json.dumps(self.settings))
        self.submitted = time.monotonic()
        self.client = self._submit(start_from)
        self.id = ""
        self.limit: int | None = None
        #: how it must end; and whether another job goes on with its output
        self.ends = "FINISHED"
        self.superseded = False
        if goes_on is not None:
            goes_on.superseded = True

    def _settings(self, choice: random.Random, goes_on: "Job | None") -> dict[str, Any]:
        w, home = self.workload, self.home
        soon = range(int(w.rate * 0.5), int(w.rate * 6))
        return {
            "workload": w.kind,
            "rate": w.rate,
            "keys": w.keys,
            "splits": 4,
            "hot": w.hot,
            "interval": w.interval,
            "backend": w.backend,
            "configuration": dict(w.configuration),
            "slow": w.slow,
            "raises": goes_on.settings["raises"] if goes_on else sorted(choice.sample(soon, w.exceptions)),
            "redis": self.cluster.redis_url_of_jobs("coordination") if w.redis_sink else "",
            "stream": f"chaos:{home.name}:windows",
            **{name: self.cluster.seen_by_jobs(home / name) for name in ("out", "probe", "marks", "limit", "end")},
        }

    def _submit(self, start_from: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "penstock", "run", "-m", self.cluster.addresses]
        command += ["-p", str(self.workload.parallelism), *(("-s", start_from) if start_from else ())]
        command += [str(PROGRAM), str(self.folder / "settings.json")]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PENSTOCK", "PYTEST"))}
        with (self.folder / "stdout").open("wb") as out, (self.folder / "stderr").open("wb") as err:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.folder, env=environment
            )

    @property
    def spans(self) -> float:
        """Seconds in which its sources, and those of the jobs it continues, may have given records."""
        return self._spans + time.monotonic() - self.submitted

    def wait_submitted(self, seconds: float = 60) -> "Job":
        def submitted() -> str:
            said = (self.folder / "stdout").read_text().split()
            assert self.client.poll() is None or len(said) > 2, self.said()
            return said[1] if len(said) > 2 else ""

        self.id = wait_until(submitted, seconds, "the job to be submitted")
        return self

    def wait_running(self, seconds: float = 90, *, records: int = 50) -> "Job":
        """Until some records have come by."""
        if not self.id:
            self.wait_submitted()

        def under_way() -> bool:
            assert self.client.poll() is None, self.said()
            return len(self.probe.read()) >= records

        wait_until(under_way, seconds, f"records of job {self.id}: {self.said()}")
        return self

    def end_input(self, seconds: float = 120) -> None:
        """Fix the last number, wait until every number has come by, let the sources end. Once."""
        if self.limit is not None:
            return
        # nobody gave more than this: sources keep their rate, and are set back by restores only
        self.limit = int(self.spans * self.workload.rate) + int(self.workload.rate)
        _publish(self.home / "limit", str(self.limit))
        wanted, progress, since = self.limit, -1, time.monotonic()
        while len(self.probe.numbers) < wanted and self.client.poll() is None:
            self.probe.read()
            if len(self.probe.numbers) != progress:
                progress, since = len(self.probe.numbers), time.monotonic()
            if time.monotonic() - since > seconds:
                break  # the comparison says what is missing
            time.sleep(0.05)
        _publish(self.home / "end", "")

    def ended(self, seconds: float = 120) -> int:
        """Wait for the client; its exit status."""
        try:
            return self.client.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"job {self.id} goes on: {self.said()}") from None

    def said(self) -> str:
        """By the client."""
        return (self.folder / "stdout").read_text() + (self.folder / "stderr").read_text()

    # -- output --------------------------------------------------------------------------------------------------------

    def found(self) -> dict[str, Counter[str]]:
        """Output name -> what was published."""
        out = self.home / "out"
        found = {path.name: Counter(committed_lines(path)) for path in out.iterdir()}
        if self.settings["redis"] and self.workload.kind == "counts":
            with self.cluster.redis("coordination") as client:
                entries: Any = client.xrange(self.settings["stream"])
            found["windows"] = Counter(next(iter(fields.values())).decode() for _, fields in entries)
        return found

    def difference(self) -> Difference[tuple[str, str]]:
        """Against the oracle, for a job that has come to its end."""
        assert self.limit is not None, "its input was not ended"
        return compare(_flat(self.found()), _flat(expected(self.settings, self.limit)))

    def doubled(self) -> Difference[tuple[str, str]]:
        """What a job that was ended early has published twice, or should never have; nothing counts as lost."""
        most = int(self.spans * self.workload.rate) + int(self.workload.rate)
        possible = expected(self.settings, most)
        # a window is published with what had come until it closed: of a job that was ended early, only whole ones
        found = _flat(self.found())
        return Difference(lost=Counter(), doubled=found - _flat(possible))

    def close(self) -> None:
        """Leave no client and no sink stream behind."""
        if self.client.poll() is None:
            self.client.kill()
            self.client.wait()
        if self.settings["redis"]:
            with self.cluster.redis("coordination") as client:
                client.delete(self.settings["stream"])


def _flat(outputs: Mapping[str, Counter[str]]) -> Counter[tuple[str, str]]:
    return Counter({(name, line): n for name, lines in outputs.items() for line, n in lines.items()})


def _publish(path: Path, content: str) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(content)
    temporary.replace(path)
