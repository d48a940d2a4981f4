"""What jobs and clusters leave behind."""

import re
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from penstock.client.cluster.process_table import all_processes
from tests.integration.cluster.conftest import TWO_OF_EACH
from tests.integration.cluster.faults import free_slots, whole_again
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
JOBS = 20
#: several small jobs one after another in one program
PROGRAM = """
import sys
from penstock.datastream import StreamExecutionEnvironment
for n in range(int(sys.argv[1])):
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(4)
    env.from_collection(list(range(100))).key_by(lambda v: v % 7).reduce(lambda a, b: a + b).print()
    env.execute(f"small {n}")
"""
#: what a terminal job keeps: its rows, metrics, graph and verdict stay readable; a tombstone and an epoch are for good
KEPT = {"job:J:rows", "job:J:metrics", "job:J:submission", "job:J:tombstone", "epoch:job:J"}


def key_patterns(url: str, *, expiring: bool) -> Counter[str]:
    """Keys without their ids, by whether they have a time to live."""
    found: Counter[str] = Counter()
    with redis.Redis.from_url(url, decode_responses=True) as client:
        for key in client.scan_iter(count=1000):
            if (client.ttl(key) >= 0) == expiring:
                name = key.removeprefix("penstock:")
                name = re.sub(r"[0-9a-f]{64}", "SHA", name)
                name = re.sub(r"[0-9a-f]{32}(-\d+)*", "J", name)
                found[re.sub(r"splits:.*", "splits", name)] += 1
    return found


def stream_lengths(url: str) -> dict[str, int]:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return {key: client.xlen(key) for key in client.scan_iter(_type="stream") if client.ttl(key) < 0}


def test_many_jobs_leave_nothing_that_is_not_needed_to_read_them(ha_cluster: LocalCluster, tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(PROGRAM)
    ha_cluster.run(tmp_path / "small.py", "1")
    whole_again(ha_cluster)
    status = ha_cluster.status()
    before = key_patterns(status["redis"], expiring=False)
    ha_cluster.run(tmp_path / "small.py", str(JOBS))
    whole_again(ha_cluster)
    assert free_slots(ha_cluster) == (4, 4)
    grown = key_patterns(status["redis"], expiring=False) - before
    blobs = grown.pop("blob:SHA", 0)
    assert grown == dict.fromkeys(KEPT, JOBS)
    assert blobs <= 2 * JOBS, "the graph of each job, and its collection; functions are shared"
    print(f"expiring: {key_patterns(status['redis'], expiring=True)}")

    def left() -> Counter[str]:
        url = status["exchange"][0]
        return key_patterns(url, expiring=False) + key_patterns(url, expiring=True)

    with suppress(AssertionError):
        wait_for(lambda: not left(), 60)
    assert not left(), "the exchange is not empty"

    def are_trimmed() -> bool:
        return all(length <= 200 for length in stream_lengths(status["redis"]).values())

    wait_for(are_trimmed, 20, "streams to be trimmed")
    with redis.Redis.from_url(status["redis"]) as client:
        assert client.scard("penstock:jobs:live") == 0
        assert client.hlen("penstock:resourcemanager:rows") < 20


def test_stop_leaves_no_process(tmp_path: Path) -> None:
    cluster = LocalCluster(tmp_path / "dir", *TWO_OF_EACH)
    pids = [p["pid"] for p in cluster.status()["processes"]]
    groups = {entry.group for entry in all_processes() if entry.pid in pids}
    renewers = {e.pid for e in all_processes() if e.parent in pids} - set(pids)
    assert renewers, "lease renewers have sessions of their own"
    (tmp_path / "small.py").write_text(PROGRAM)
    cluster.submit(tmp_path / "small.py", "1")
    cluster.stop()

    def all_gone() -> bool:
        return not any(e.group in groups or e.pid in renewers for e in all_processes())

    wait_for(all_gone, 5, "all processes to be gone")
    assert cluster.status()["processes"] == []
