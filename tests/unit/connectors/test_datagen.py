from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.common import Types
from penstock.common.watermark_strategy import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.datagen import DataGeneratorSource, GeneratorFunction
from penstock.datastream.connectors.rate_limiter import PerSecond, RateLimiterStrategy
from penstock.operators.specs import ReaderContext
from tests.unit.connectors.readers import LIVES, Life, drained, read_over_restores, readers


@settings(deadline=None)
@given(lives=LIVES)
def test_it_goes_on_at_the_next_number(lives: list[Life]) -> None:
    source = DataGeneratorSource(lambda number: f"r{number}", 30)
    assert sorted(read_over_restores(source, lives)) == sorted(f"r{n}" for n in range(30))


def test_a_generator_of_nothing_and_of_as_good_as_no_end() -> None:
    assert drained(readers(DataGeneratorSource(str, 0), 1, None)[0]) == []
    endless = readers(DataGeneratorSource(str), 2, None)
    assert endless[0].poll(2) == ["0", "1"]
    assert endless[1].poll(1) == [str(((1 << 63) - 1) // 2)]
    with pytest.raises(ValueError, match="count must be between 0 and 9223372036854775807: -1"):
        DataGeneratorSource(str, -1)
    with pytest.raises(TypeError, match="a function of a number is needed, not 5"):
        DataGeneratorSource(5)  # type: ignore[arg-type]


class Squares(GeneratorFunction):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def open(self, context: ReaderContext) -> None:
        self.calls.append(f"open {context.subtask}")

    def map(self, value: int) -> int:
        return value * value

    def close(self) -> None:
        self.calls.append("close")


def test_a_generator_function_is_opened_and_closed() -> None:
    function = Squares()
    (reader,) = readers(DataGeneratorSource(function, 4, type_info=Types.LONG()), 1, None)
    assert drained(reader) == [0, 1, 4, 9]
    reader.close()
    assert function.calls == ["open 0", "close"]


@given(rate=st.floats(0.5, 5000), steps=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 500)), max_size=30))
def test_no_more_than_the_rate_and_a_second_made_up_for(rate: float, steps: list[tuple[float, int]]) -> None:
    now = 100.0
    limiter = PerSecond(rate, lambda: now)
    taken = 0
    for pause, wanted in steps:
        now += pause
        taken += limiter.take(wanted)
        assert taken <= (now - 100.0) * rate + max(1.0, rate) + 1e-6


def test_all_of_the_rate_is_reached() -> None:
    now = 0.0
    limiter = PerSecond(10.0, lambda: now)
    taken = 0
    for n in range(1, 1001):
        now = n * 0.01
        taken += limiter.take(1000)
    assert 99 <= taken <= 101


def test_the_rate_is_shared_by_the_subtasks() -> None:
    source = DataGeneratorSource(str, 100, RateLimiterStrategy.per_checkpoint(6))
    first, second = readers(source, 2, None)
    for reader in (first, second):
        assert len(reader.poll(10) or ()) == 3
        assert reader.poll(10) == []
        reader.notify_complete(1)  # type: ignore[attr-defined]
        assert len(reader.poll(2) or ()) == 2
    with pytest.raises(ValueError, match="the rate must be positive: 0"):
        RateLimiterStrategy.per_second(0)


def test_a_program_generates() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    limited: Any = DataGeneratorSource(
        lambda n: n * 2, 50, RateLimiterStrategy.per_second(10_000), type_info=Types.LONG()
    )
    stream = env.from_source(limited, WatermarkStrategy.no_watermarks(), "generator")
    assert sorted(stream.execute_and_collect()) == [n * 2 for n in range(50)]
