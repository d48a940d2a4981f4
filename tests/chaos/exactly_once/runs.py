"""One seeded run: the job under exceptions of user code and kills of slots, its output against the oracle's."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from tests.chaos.exactly_once.oracle import expected
from tests.integration.cluster.local_cluster import LocalCluster
from tests.integration.cluster.oracle import lines_written

PROGRAM = Path(__file__).with_name("program.py")
#: seconds a run may take over what its records need
_PATIENCE = 90


@dataclass(slots=True)
class Outcome:
    """What a run did and what came of it."""

    seed: int
    lost: int = 0
    doubled: int = 0
    kills: int = 0
    restarts: int = 0
    checkpoints: int = 0
    unaligned: int = 0  #: of those that the history has
    persisted: int = 0
    alone: int = 0  #: restarts of failed tasks alone
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: lost {self.lost}, doubled {self.doubled}; {self.kills} kills, "
            f"{self.restarts} restores ({self.alone} restarts of tasks alone), {self.checkpoints} checkpoints, "
            f"the last {self.unaligned} unaligned ones had {self.persisted} bytes in flight, {self.seconds:.1f} s"
            + "".join(f"\n  {e}" for e in self.errors)
        )


def settings_of(seed: int, choice: random.Random, folder: Path, redis_url: str, failover: str = "") -> dict[str, Any]:
    """What the seed makes of the job."""
    count = choice.randrange(1500, 4000)
    # by a choice of its own, so that the rest of a seed's run is as it was before there were any
    manner = random.Random(f"{seed}: unaligned")
    unaligned = manner.choice([0, 0, 100]) if manner.random() < 1 / 3 else None
    return {
        # with task-local failover faults begin once the job runs, and it is to outlast them
        "count": 4 * count if failover else count,
        "rate": choice.choice([800, 1200, 2000]),
        "keys": choice.choice([3, 13, 101]),
        "splits": 4,
        "interval": choice.choice([50, 150, 400]),
        "out": str(folder / "out"),
        "raises": sorted(choice.sample(range(count), choice.randrange(0, 3))),
        "marks": str(folder / "marks"),
        "backend": choice.choice(["hashmap", "hashmap", "rocksdb"]),
        "redis": redis_url,
        "stream": f"pairs-{folder.name}",
        "unaligned": unaligned,
        "slow": 0 if unaligned is None else 2,
        "failover": failover,
    }


def one_run(cluster: LocalCluster, folder: Path, seed: int, *, failover: str = "") -> Outcome:
    """Run it; the outcome says whether anything was lost or doubled, or why it did not end. `failover`: strategy."""
    choice = random.Random(seed)
    (folder / "marks").mkdir(parents=True)
    url = cluster.status()["redis"]
    settings = settings_of(seed, choice, folder, url, failover)
    (folder / "settings.json").write_text(json.dumps(settings))
    outcome, begun = Outcome(seed), time.monotonic()
    parallelism = max(choice.choice([1, 2, 4]), 2 if failover else 1)
    command = [sys.executable, "-m", "penstock", "run", "-m", cluster.addresses, "-p", str(parallelism)]
    command += [str(PROGRAM), str(folder / "settings.json")]
    said = (folder / "said").open("w+")
    environment = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[3])}
    client = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=folder, env=environment)
    try:
        needs = settings["count"] / settings["rate"]
        if failover:
            _until_busy(cluster, client)
        for _ in range(choice.randrange(0, 4)):
            time.sleep(choice.uniform(0.1, needs))
            outcome.kills += _kill_a_slot(cluster, choice)
        status = client.wait(needs + _PATIENCE)
        said.seek(0)
        if status != 0:
            outcome.errors.append(f"exit status {status}: {said.read()[-2000:]}")
        _compare(outcome, settings, parallelism)
        _statistics(outcome, cluster)
    except subprocess.TimeoutExpired:
        said.seek(0)
        outcome.errors.append(f"it goes on: {said.read()[-2000:]}")
    finally:
        if client.poll() is None:
            client.kill()
            client.wait()
        said.close()
    outcome.seconds = time.monotonic() - begun
    return outcome


def _until_busy(cluster: LocalCluster, client: "subprocess.Popen[bytes]") -> None:
    """Until there is a slot to kill, or the job is over."""
    while client.poll() is None and not any(p["jobs"] for p in cluster.processes("slot")):
        time.sleep(0.05)


def _kill_a_slot(cluster: LocalCluster, choice: random.Random) -> int:
    busy = [p["pid"] for p in cluster.processes("slot") if p["jobs"]]
    if not busy:
        return 0
    try:
        os.kill(choice.choice(busy), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def _compare(outcome: Outcome, settings: dict[str, Any], parallelism: int) -> None:
    for name, lines in expected(settings["count"], settings["keys"]).items():
        if name == "pairs" and settings["redis"]:
            found = _stream(settings["redis"], settings["stream"])
        else:
            found = Counter(lines_written(Path(settings["out"]) / name))
        lost, doubled = lines - found, found - lines
        outcome.lost += lost.total()
        outcome.doubled += doubled.total()
        if lost or doubled:
            outcome.errors.append(
                f"{name} at parallelism {parallelism}: lost {lost.most_common(5)}, too many {doubled.most_common(5)}"
            )


def _stream(url: str, key: str) -> Counter[str]:
    with redis.Redis.from_url(url) as client:
        entries = client.xrange(key)
        client.delete(key)
    return Counter(next(iter(fields.values())).decode() for _, fields in entries)


def _statistics(outcome: Outcome, cluster: LocalCluster) -> None:
    newest = max(cluster.get("/jobs/overview")["jobs"], key=lambda job: job["start-time"])
    statistics = cluster.get(f"/jobs/{newest['jid']}/checkpoints")
    counts = statistics["counts"]
    (alone,) = cluster.get(f"/jobs/{newest['jid']}/metrics?get=numLocalRestarts")
    outcome.alone = int(alone["value"])
    outcome.checkpoints, outcome.restarts = counts["completed"], counts["restored"]
    unaligned = [c for c in statistics["history"] if c["checkpoint_type"] == "UNALIGNED_CHECKPOINT"]
    outcome.unaligned, outcome.persisted = len(unaligned), sum(c["persisted_data"] for c in unaligned)
