"""The garbage collector's thresholds while jobs run, and after."""

import gc
from collections.abc import Iterator

import pytest

from penstock.datastream import StreamExecutionEnvironment
from penstock.runtime.garbage_pace import GarbagePace

OWN = (500, 7, 8)


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*OWN)
    yield
    gc.set_threshold(*before)


def test_the_last_of_several_brings_the_programs_own_back() -> None:
    first, second = GarbagePace(), GarbagePace()
    first.end()
    first.end()
    assert gc.get_threshold()[0] > OWN[0]
    second.end()
    assert gc.get_threshold() == OWN


@pytest.mark.parametrize("chosen", [(0, 10, 10), (50_000, 5, 5)])
def test_a_program_that_has_chosen_a_slower_pace_keeps_it(chosen: tuple[int, int, int]) -> None:
    gc.set_threshold(*chosen)
    pace = GarbagePace()
    assert gc.get_threshold() == chosen
    pace.end()
    assert gc.get_threshold() == chosen


def test_what_is_set_meanwhile_stays() -> None:
    pace = GarbagePace()
    gc.set_threshold(900, 9, 9)
    pace.end()
    assert gc.get_threshold() == (900, 9, 9)


def seen(value: int) -> int:
    return gc.get_threshold()[0]


def refuse(value: int) -> int:
    raise ValueError("refused")


def test_a_local_job_runs_with_a_slower_collector_and_gives_it_back() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    with env.from_collection([1]).map(seen).execute_and_collect() as results:
        assert next(iter(results)) > OWN[0]
        list(results)
    assert gc.get_threshold() == OWN


def test_a_local_job_that_fails_gives_it_back_too() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1]).map(refuse).print()
    with pytest.raises(Exception, match="refused"):
        env.execute()
    assert gc.get_threshold() == OWN
