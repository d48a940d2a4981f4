"""The end of a chain: an outgoing edge. Collects records in the loop and hands whole lists to the writer after it."""

from collections.abc import Sequence
from typing import Any, Protocol

from penstock.exchange.elements import Control, LatencyMarker
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.output_type import OutputType


class EdgeWriter(Protocol):
    """The exchange's end of an edge: one channel a target."""

    @property
    def targets(self) -> Sequence[int]:
        """Consumer subtasks."""

    @property
    def blocked(self) -> bool:
        """Some channel is out of credit."""

    def emit(
        self, i: int, values: list[Any], timestamps: list[int | None] | None = None, keys: list[Any] | None = None
    ) -> None:
        """Hand the lists over to targets[i]; they are the writer's from then on."""

    def broadcast(self, control: Control) -> None:
        """To every target, behind what was emitted before."""

    def mark(self, i: int, marker: LatencyMarker) -> None:
        """To targets[i] alone, behind what was emitted there before."""


Timestamps = list[int | None] | None
Keys = list[Any] | None


class Edge:
    """Base of all. `name` is what tracebacks call it."""

    def __init__(self, number: int, name: str, writer: EdgeWriter) -> None:
        self.number = number
        self.name = name
        self.writer = writer
        self.records_out = 0
        #: what the operator before it declares of its results
        self.output_type: OutputType | None = None

    def open(self, context: Any) -> None:
        """Before the first record."""

    def close(self) -> None:
        """Always, also after a failure."""

    def snapshot(self) -> Any:
        """Where it stands in the choice of targets; None where the record alone decides."""
        return None

    def restore(self, position: Any) -> None:
        """Go on from there, before the first record."""

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        """Write what happens with one record."""
        self._collect(code, rec, key=None)

    def _collect(self, code: ChainCode, rec: Rec, *, key: str | None, at: str | None = None) -> None:
        """Append to the lists of this edge; with `at` (an index) to those of one of its targets."""
        if self.output_type is not None:
            rec = rec.with_value(self.output_type.write(code, f"type_{self.number}", rec.value))
        columns = {"out": rec.value, "out_timestamps": rec.timestamp, "out_keys": key}
        empty = "[]" if at is None else f"[[] for _ in range({len(self.writer.targets)})]"
        place = "" if at is None else f"[{at}]"
        prologue, arguments = [], []
        for stem, value in columns.items():
            name = f"{stem}_{self.number}"
            arguments.append("None" if value is None else name)
            if value is not None:
                prologue.append(f"{name} = {empty}")
                code.line(f"{name}{place}.append({value})")
        edge = code.bind(f"edge_{self.number}", self)
        deliver = "deliver" if at is None else "deliver_buckets"
        code.once(edge, prologue, [f"{edge}.{deliver}({', '.join(arguments)})"])

    def deliver(self, values: list[Any], timestamps: Timestamps, keys: Keys) -> None:
        """What one call of the loop collected, to the targets it belongs to."""
        raise NotImplementedError

    def deliver_buckets(
        self, values: list[list[Any]], timestamps: list[list[int | None]] | None, keys: list[list[Any]] | None
    ) -> None:
        """The same, by target."""
        for i, bucket in enumerate(values):
            if bucket:
                self._emit(i, bucket, timestamps[i] if timestamps else None, keys[i] if keys else None)

    def _emit(self, i: int, values: list[Any], timestamps: Timestamps, keys: Keys) -> None:
        self.records_out += len(values)
        self.writer.emit(i, values, timestamps, keys)


class SingleTargetEdge(Edge):
    """FORWARD, GLOBAL and whatever has one target."""

    def deliver(self, values: list[Any], timestamps: Timestamps, keys: Keys) -> None:
        if values:
            self._emit(0, values, timestamps, keys)


class BroadcastEdge(Edge):
    """Every record to every target, each in lists of its own."""

    def deliver(self, values: list[Any], timestamps: Timestamps, keys: Keys) -> None:
        if values:
            for i in range(len(self.writer.targets)):
                self._emit(i, values.copy(), None if timestamps is None else timestamps.copy(), None)


class RoundRobinEdge(Edge):
    """REBALANCE and RESCALE: record after record to the next target, from a target of the subtask's own."""

    def __init__(self, number: int, name: str, writer: EdgeWriter, subtask: int) -> None:
        super().__init__(number, name, writer)
        self.position = subtask % len(writer.targets)

    def snapshot(self) -> int:
        return self.position

    def restore(self, position: int) -> None:
        self.position = position

    def deliver(self, values: list[Any], timestamps: Timestamps, keys: Keys) -> None:
        n, first = len(self.writer.targets), self.position
        for offset in range(min(n, len(values))):
            part = timestamps[offset::n] if timestamps is not None else None
            self._emit((first + offset) % n, values[offset::n], part, None)
        self.position = (first + len(values)) % n
