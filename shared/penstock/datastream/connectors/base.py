"""What all connectors implement, a user's own too: docs/connectors.md. Source: `pyflink.datastream.connectors.base`.

`Source` and `Sink` are interfaces here, where PyFlink's wrap an object of the JVM.
"""

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING

from penstock.exchange.elements import RecordBatch
from penstock.operators.sink_interface import (
    Sink,
    SinkWriter,
    StatefulSinkWriter,
    TransientCommitError,
    TwoPhaseCommittingSink,
    WriterContext,
)
from penstock.operators.source_interface import DiscoveringSource, ReaderContext, Source, SourceReader

if TYPE_CHECKING:
    from penstock.datastream.data_stream import DataStream

__all__ = [
    "DeliveryGuarantee",
    "DiscoveringSource",
    "ReaderContext",
    "RecordBatch",
    "Sink",
    "SinkWriter",
    "Source",
    "SourceReader",
    "StatefulSinkWriter",
    "StreamTransformer",
    "SupportsPreprocessing",
    "TransientCommitError",
    "TwoPhaseCommittingSink",
    "WriterContext",
]


class DeliveryGuarantee(Enum):
    """What a sink promises its readers about a record after a failure."""

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
    NONE = 2


class StreamTransformer(ABC):
    """Something done to a stream ahead of a sink."""

    @abstractmethod
    def apply(self, ds: "DataStream") -> "DataStream": ...


class SupportsPreprocessing(ABC):
    """A sink that takes another stream than the one it is given: `sink_to` applies its transformer first."""

    @abstractmethod
    def get_transformer(self) -> StreamTransformer | None: ...
