from collections.abc import Sequence
from typing import Any

from penstock.common import WatermarkStrategy
from penstock.datastream import DataStream, StreamExecutionEnvironment
from penstock.datastream.connectors.base import (
    Sink,
    SinkWriter,
    StreamTransformer,
    SupportsPreprocessing,
    WriterContext,
)
from penstock.datastream.connectors.number_seq import NumberSequenceSource

WRITTEN: list[Any] = []


class Tenfold(StreamTransformer):
    def apply(self, ds: DataStream) -> DataStream:
        return ds.map(lambda v: v * 10)


class Noting(Sink, SinkWriter, SupportsPreprocessing):
    """A sink without a commit, which is its own writer."""

    def __init__(self, transformer: StreamTransformer | None) -> None:
        self.transformer = transformer

    def get_transformer(self) -> StreamTransformer | None:
        return self.transformer

    def create_writer(self, context: WriterContext) -> SinkWriter:
        return self

    def write(self, values: Sequence[Any]) -> None:
        WRITTEN.extend(values)


def written(transformer: StreamTransformer | None) -> list[Any]:
    WRITTEN.clear()
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    stream = env.from_source(NumberSequenceSource(1, 3), WatermarkStrategy.no_watermarks(), "numbers")
    stream.sink_to(Noting(transformer))
    env.execute("preprocessing")
    return list(WRITTEN)


def test_the_sinks_transformer_is_applied_first() -> None:
    assert written(Tenfold()) == [10, 20, 30]
    assert written(None) == [1, 2, 3]
