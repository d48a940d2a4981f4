"""Local jobs with checkpoints: intervals, commits, restarts, what is left behind."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.metadata_reading import read_metadata
from penstock.checkpoint.stored_files import StoredFiles
from penstock.client.config import Configuration
from penstock.client.job_client import JobExecutionError
from penstock.graph.compiled import CompiledJob
from penstock.graph.states import JobState
from penstock.operators.specs import CollectSpec, MapSpec, ReduceSpec, SinkSpec, SourceSpec
from penstock.runtime.local import LocalExecutor
from penstock.security.keyring import is_sealed
from tests.job_builder import JobBuilder, source_of
from tests.unit.runtime import transactions
from tests.unit.runtime.transactions import CountingSink, Pace, PacedSource, committed

_names = itertools.count()
ON = {"execution.checkpointing.interval": "20 ms", "restart-strategy.type": "fixed-delay"}
ON["restart-strategy.fixed-delay.delay"] = "1 ms"


@pytest.fixture
def name() -> Iterator[str]:
    name = f"local-{next(_names)}"
    Pace.of[name], transactions.FAILURES[name] = Pace(most=5), []
    yield name
    del Pace.of[name], transactions.FAILURES[name]


def counting(name: str, configuration: dict[str, str], records: int = 500) -> CompiledJob:
    """Counts by remainder, with a function that fails where `FAILURES` says so, once a mention."""

    def fails(value: tuple[int, int]) -> tuple[int, int]:
        time.sleep(0.0003)
        if value[1] in transactions.FAILURES[name]:
            transactions.FAILURES[name].remove(value[1])
            raise ValueError(f"not {value}")
        return value

    job = JobBuilder(configuration=configuration)
    source = job.vertex(SourceSpec(PacedSource(range(records), name)), MapSpec(lambda v: (v % 5, 1)), parallelism=2)
    counts = job.vertex(
        ReduceSpec(lambda a, b: (a[0], a[1] + b[1])), MapSpec(fails), SinkSpec(CountingSink(name)), parallelism=2
    )
    job.key_by(source, counts, lambda t: t[0])
    return job.build()


def expected(records: int = 500) -> Counter[Any]:
    return Counter((key, n) for key in range(5) for n in range(1, records // 5 + 1))


def test_it_ends_by_a_checkpoint_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    client = LocalExecutor().execute(counting(name, {**ON, "execution.checkpointing.dir": str(tmp_path)}))
    client.result(60)
    assert Counter(committed(name)) == expected()
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.parametrize("where", ["memory", "folder"])
def test_a_failure_is_followed_by_a_restart_from_the_last_checkpoint(name: str, where: str, tmp_path: Path) -> None:
    more = {} if where == "memory" else {"execution.checkpointing.dir": str(tmp_path)}
    more["restart-strategy.fixed-delay.attempts"] = "50"
    transactions.FAILURES[name] += [30, 60, 60, 90]
    LocalExecutor().execute(counting(name, {**ON, **more})).result(60)
    assert transactions.FAILURES[name] == []
    assert Counter(committed(name)) == expected()


def test_at_least_once_loses_nothing(name: str) -> None:
    transactions.FAILURES[name] += [30, 60]
    more = {"execution.checkpointing.mode": "AT_LEAST_ONCE", "restart-strategy.fixed-delay.attempts": "9"}
    LocalExecutor().execute(counting(name, {**ON, **more})).result(60)
    assert transactions.FAILURES[name] == []
    assert {key for key, _ in committed(name)} == set(range(5))
    assert all(max(n for k, n in committed(name) if k == key) >= 100 for key in range(5))


def test_the_strategy_gives_up_and_the_checkpoint_stays_where_it_is_to(name: str, tmp_path: Path) -> None:
    transactions.FAILURES[name] += [50, 70]
    more = {
        "execution.checkpointing.dir": str(tmp_path),
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    }
    client = LocalExecutor().execute(counting(name, {**ON, **more}))
    with pytest.raises(JobExecutionError, match=r"ValueError: not \(\d, 70\)") as caught:
        client.result(60)
    assert "The function was called with the record" in caught.value.traceback
    assert client.status() is JobState.FAILED
    assert len(list(tmp_path.rglob("_metadata"))) == 1


def test_collected_records_come_once(name: str) -> None:
    def fails(value: int) -> int:
        time.sleep(0.0005)
        if value in transactions.FAILURES[name]:
            transactions.FAILURES[name].remove(value)
            raise ValueError(value)
        return value

    job = JobBuilder(configuration={**ON, "restart-strategy.fixed-delay.attempts": "9"})
    source = job.vertex(SourceSpec(PacedSource(range(300), name)))
    job.edge(source, job.vertex(MapSpec(fails), CollectSpec("c")))
    transactions.FAILURES[name] += [100, 200, 299]
    client = LocalExecutor().execute(job.build())
    assert list(client.collect("c")) == list(range(300))
    assert transactions.FAILURES[name] == []


class ForgetfulSink(CountingSink):
    """Its transactions have names that do not come again."""

    def commit(self, committables: Any) -> None:
        super().commit([(object(), values) for _, values in committables])


def test_a_damaged_checkpoint_is_passed_over(name: str, tmp_path: Path) -> None:
    """The one before it is used; what the damaged one had committed comes twice, there is no way around."""

    def damages(value: int) -> int:
        time.sleep(0.0005)
        if value in transactions.FAILURES[name]:
            transactions.FAILURES[name].remove(value)
            kept = sorted(tmp_path.rglob("chk-*"), key=lambda p: int(p.name[4:]))
            # state in files: the folder's other file
            for path in [p for p in kept[-1].iterdir() if p.name != "_metadata"]:
                path.write_bytes(b"damaged")
            raise ValueError(value)
        return value

    more = {
        "execution.checkpointing.dir": str(tmp_path),
        "execution.checkpointing.num-retained": "2",
        "execution.checkpointing.data-inline-threshold": "0 b",
        "restart-strategy.fixed-delay.attempts": "9",
    }
    job = JobBuilder(configuration={**ON, **more})
    source = job.vertex(SourceSpec(PacedSource(range(400), name)))
    job.edge(source, job.vertex(MapSpec(damages), SinkSpec(ForgetfulSink(name))))
    transactions.FAILURES[name] += [300]
    LocalExecutor().execute(job.build()).result(60)
    assert set(committed(name)) == set(range(400))
    assert transactions.FAILURES[name] == []


def test_checkpoints_that_fail_restart_the_job_beyond_the_tolerable_number(name: str, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    more = {"execution.checkpointing.dir": str(in_the_way), "execution.checkpointing.data-inline-threshold": "0 b"}
    client = LocalExecutor().execute(counting(name, {**ON, **more}))
    with pytest.raises(JobExecutionError, match="more than 0 checkpoints in a row failed"):
        client.result(60)


def test_a_job_can_be_cancelled_while_it_waits_for_its_restart(name: str) -> None:
    transactions.FAILURES[name] += [1]
    client = LocalExecutor().execute(counting(name, {**ON, "restart-strategy.fixed-delay.delay": "1 h"}))
    client.start()
    deadline = time.monotonic() + 30
    while client.status() is not JobState.RESTARTING:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    client.cancel()
    with pytest.raises(JobExecutionError):
        client.result(30)
    assert client.status() is JobState.CANCELED


def test_without_checkpoints_no_storage_is_touched() -> None:
    job = JobBuilder()
    job.vertex(source_of([1, 2]), CollectSpec("c"))
    client = LocalExecutor().execute(job.build())
    assert list(client.collect("c")) == [1, 2]
    assert client._recovery is None


@pytest.mark.parametrize("timeout", ["0 ms", "5 ms"])
def test_unaligned_ones_are_as_exact(name: str, timeout: str) -> None:
    transactions.FAILURES[name] = [7, 31, 60, 88]
    unaligned = {
        "execution.checkpointing.unaligned.enabled": "true",
        "execution.checkpointing.aligned-checkpoint-timeout": timeout,
        "execution.checkpointing.interval": "5 ms",
        "restart-strategy.fixed-delay.attempts": "10",
    }
    LocalExecutor().execute(counting(name, {**ON, **unaligned})).result(60)
    assert not transactions.FAILURES[name]
    assert Counter(committed(name)) == expected()


def test_a_local_job_signs_with_the_secret_it_is_told(name: str, tmp_path: Path) -> None:
    transactions.FAILURES[name] += [50]
    more = {
        "execution.checkpointing.dir": str(tmp_path),
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "restart-strategy.type": "none",
    }
    secrets = {"penstock.secret": "the secret of the cluster"}
    with pytest.raises(Exception, match="50"):
        LocalExecutor(secrets=secrets).execute(counting(name, {**ON, **more})).result(60)
    (path,) = tmp_path.rglob("_metadata")
    assert is_sealed(path.read_bytes())
    assert read_metadata(StoredFiles(Configuration(secrets)), str(path)).checkpoint > 0
    with pytest.raises(CheckpointUnusable, match=r"penstock\.secret"):
        read_metadata(StoredFiles(Configuration()), str(path))
