"""DataStream.cache(): computed once, read again by later jobs of the environment."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.client.job_client import JobExecutionError
from penstock.common import Configuration, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import DataStream, OutputTag, ProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from penstock.datastream.data_stream import CachedDataStream
from penstock.operators.cached_result import RETENTION, cache_root, sweep


def environment(tmp_path: Path, parallelism: int = 1) -> StreamExecutionEnvironment:
    settings = {"penstock.storage.dir": str(tmp_path)}
    env = StreamExecutionEnvironment(Configuration.from_dict(settings)).set_parallelism(parallelism)
    return env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def drawn(_: Any) -> float:
    """Never the same twice."""
    return random.random()


def values_of(stream: DataStream) -> list[Any]:
    with stream.execute_and_collect() as results:
        return sorted(results)


@pytest.mark.parametrize("parallelism", [1, 3])
def test_it_is_computed_once(tmp_path: Path, parallelism: int) -> None:
    env = environment(tmp_path, parallelism)
    cached = env.from_collection(range(3000)).map(drawn, Types.DOUBLE()).cache()
    assert isinstance(cached, CachedDataStream)
    first = values_of(cached.map(lambda v: v))
    assert len(set(first)) == 3000
    assert values_of(cached) == first
    assert values_of(cached.map(lambda v: -v)) == sorted(-v for v in first)
    cached.invalidate()
    second = values_of(cached)
    assert second != first
    assert values_of(cached) == second


def test_two_streams_of_one_job_have_it_from_one_computation(tmp_path: Path) -> None:
    cached = environment(tmp_path).from_collection([1]).map(drawn, Types.DOUBLE()).cache()
    both = values_of(cached.union(cached.map(lambda v: v, Types.DOUBLE())))
    assert both[0] == both[1]


class Times(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value) * 10


class Stamped(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp()


def test_timestamps_are_kept(tmp_path: Path) -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
    cached = environment(tmp_path).from_collection([2, 1]).assign_timestamps_and_watermarks(strategy).cache()
    wanted = [(1, 10), (2, 20)]
    assert values_of(cached.process(Stamped())) == wanted
    assert values_of(cached.process(Stamped())) == wanted


odd = OutputTag("odd", Types.INT())


class Split(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield (odd, value) if value % 2 else value


def test_a_side_output_can_be_cached(tmp_path: Path) -> None:
    cached = environment(tmp_path).from_collection([1, 2, 3]).process(Split(), Types.INT()).get_side_output(odd).cache()
    assert values_of(cached) == values_of(cached) == [1, 3]


def test_a_job_that_does_not_finish_leaves_nothing_to_read(tmp_path: Path) -> None:
    fails = [True]

    def maybe(value: float) -> float:
        if fails[0]:
            raise ValueError("not yet")
        return value

    cached = environment(tmp_path).from_collection([1]).map(drawn, Types.DOUBLE()).cache()
    with pytest.raises(JobExecutionError, match="not yet"):
        values_of(cached.map(maybe))
    fails[0] = False
    assert values_of(cached.map(maybe)) == values_of(cached)


def test_what_was_stored_goes_with_the_stream(tmp_path: Path) -> None:
    env = environment(tmp_path)
    cached = env.from_collection([1]).cache()
    values_of(cached)
    root = cache_root(str(tmp_path))
    assert len(list(root.rglob("0"))) == 1
    del env._cached[cached._transformation.id]
    assert list(root.iterdir()) == []


def test_files_that_are_gone_are_named(tmp_path: Path) -> None:
    cached = environment(tmp_path).from_collection([1]).cache()
    values_of(cached)
    for path in cache_root(str(tmp_path)).rglob("0"):
        path.unlink()
    with pytest.raises(JobExecutionError, match=r"file /.*/0 is not there.*\n?.*Call invalidate\(\)"):
        values_of(cached)
    cached.invalidate()
    assert values_of(cached) == [1]


def test_old_results_are_swept(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        (folder / "job").mkdir(parents=True)
    os.utime(old, (1, 1))
    sweep(tmp_path, now=RETENTION + 2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new"]
    sweep(tmp_path / "nowhere")


def test_streaming_jobs_may_read_but_not_store(tmp_path: Path) -> None:
    env = environment(tmp_path)
    cached = env.from_collection([1]).cache()
    values_of(cached)
    env.set_runtime_mode(RuntimeExecutionMode.STREAMING)
    assert values_of(cached) == [1]
    with pytest.raises(ValueError, match="not supported in STREAMING mode"):
        values_of(env.from_collection([1]).cache())


def test_it_cannot_be_set_as_other_operators_can(tmp_path: Path) -> None:
    env = environment(tmp_path)
    cached = env.from_collection([1]).cache()
    with pytest.raises(TypeError, match=r"Set name for CachedDataStream is not supported\."):
        cached.name("x")
    with pytest.raises(TypeError, match=r"Cache for KeyedStream is not supported\."):
        cached.key_by(lambda v: v).cache()
