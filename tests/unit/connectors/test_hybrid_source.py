from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from penstock.common import Types
from penstock.common.watermark_strategy import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.collection_source import CollectionSource
from penstock.datastream.connectors import NumberSequenceSource
from penstock.datastream.connectors.hybrid_source import HybridSource
from penstock.operators.discovery import KnownSplits
from penstock.operators.specs import ReaderContext
from tests.unit.connectors.readers import LIVES, Life, drained, read_over_restores, readers


def three() -> HybridSource:
    builder = HybridSource.builder(NumberSequenceSource(0, 19)).add_source(CollectionSource((20, 21)))
    return builder.add_source(NumberSequenceSource(22, 39)).build()


@settings(deadline=None)
@given(lives=LIVES)
def test_nothing_is_lost_or_repeated_over_restores(lives: list[Life]) -> None:
    assert sorted(read_over_restores(three(), lives)) == list(range(40))


def test_sources_are_read_in_sequence() -> None:
    (reader,) = readers(three(), 1, None)
    assert drained(reader) == list(range(40))


def test_each_subtask_goes_on_by_itself() -> None:
    first, second = readers(three(), 2, None)
    one, two = drained(first), drained(second)
    assert one == sorted(one)
    assert two == sorted(two)
    assert sorted(one + two) == list(range(40))


def test_the_type_is_the_first_sources() -> None:
    assert three().get_produced_type() == Types.LONG()


class Endless:
    """Discovers its splits; each gives its name."""

    bounded = False
    discovery_interval: float | None = 60.0

    def enumerate_splits(self, parallelism: int) -> list[str]:
        return ["a"]

    def discover(self) -> Sequence[str]:
        return ["a", "b"]

    def split_id(self, split: str) -> str:
        return split

    def create_reader(self, context: ReaderContext) -> Any:
        from tests.unit.operators.test_sources_checkpoint import NameReader

        return NameReader()


def test_only_the_last_source_may_have_no_end() -> None:
    builder = HybridSource.builder(Endless())
    with pytest.raises(ValueError, match="except the final source need to be bounded"):
        builder.add_source(NumberSequenceSource(0, 1))
    assert not builder.build().bounded
    assert three().bounded
    with pytest.raises(TypeError, match=r"a source is needed.*not 'words.txt'"):
        HybridSource.builder("words.txt")  # type: ignore[arg-type]


def test_splits_of_the_last_source_are_discovered() -> None:
    source = HybridSource.builder(NumberSequenceSource(0, 2)).add_source(Endless()).build()
    assert source.discovery_interval == 60.0
    assert three().discovery_interval is None
    known, reader = KnownSplits(source, 0, 1), source.create_reader(ReaderContext(0, 1))
    reader.add_splits(known.take(source.enumerate_splits(1)))
    assert drained(reader) == [0, 1, 2, "a"]
    reader.add_splits(known.take(source.discover()))
    assert drained(reader) == ["b"]


def test_a_program_reads_them_in_sequence() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    stream = env.from_source(three(), WatermarkStrategy.no_watermarks(), "hybrid")
    assert list(stream.execute_and_collect()) == list(range(40))
