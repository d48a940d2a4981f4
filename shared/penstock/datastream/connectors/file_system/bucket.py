"""One bucket of one writer: its part file in progress, and its parts that are complete."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from penstock.common.serialization import BulkWriterFactory
from penstock.datastream.connectors.file_system.ownership import Owner
from penstock.datastream.connectors.file_system.part_file import InProgressFile, PendingFile
from penstock.datastream.connectors.file_system.part_writing import BulkPart, RowPart

if TYPE_CHECKING:
    from penstock.datastream.connectors.file_system.file_sink import FileSink


class Bucket:
    """Times in s. Parts are numbered from 0, below an id of the bucket's own."""

    def __init__(self, sink: "FileSink", owner: Owner, name: str) -> None:
        self._sink, self._owner = sink, owner
        self.name: Final = name
        self._folder = Path(sink.base_path) / name
        self._id = uuid.uuid4()
        self._count = 0
        self.part: RowPart | BulkPart | None = None
        #: complete, with the epoch they were begun in
        self.pending: list[tuple[PendingFile, int]] = []

    def _names(self, epoch: int) -> tuple[Path, Path]:
        names = self._sink.output_file_config
        name = f"{names.part_prefix}-{self._id}-{self._count}{names.part_suffix}"
        self._count += 1
        return self._folder / self._owner.hidden_name(name, epoch), self._folder / name

    def write(self, values: Sequence[Any], now: float, epoch: int) -> None:
        if self._sink.bulk is not None:
            self._bulk_part(self._sink.bulk, now, epoch).add(values, now)
            return
        left = values
        while left:
            left = self._write_rows(left, now, epoch)

    def _bulk_part(self, factory: BulkWriterFactory, now: float, epoch: int) -> BulkPart:
        if not isinstance(self.part, BulkPart):
            self.part = BulkPart(*self._names(epoch), epoch, now, factory, self._sink.input_type)
        return self.part

    def _write_rows(self, values: Sequence[Any], now: float, epoch: int) -> Sequence[Any]:
        """As many as go into one part; those left. The policy is asked before each record, as in Flink."""
        policy = self._sink.rolling_policy
        if self.part is not None and policy.rolls_by_size(self.part.size):
            self.close_part()
        if not isinstance(self.part, RowPart):
            self.part = self._row_part(now, epoch)
        part = self.part
        data = part.encode(values)
        if len(values) == 1 or not policy.rolls_by_size(part.size + len(data)):
            part.write(data, now)
            return ()
        # some record of these is the last one of its part: from the lengths of each one it is known which
        encode = self._sink.row_encoder.open(self._sink.input_type, begun=True)
        lengths = [len(encode([value])) for value in values]
        cut, taken = len(data) - sum(lengths), 0
        while taken < len(values) and (taken == 0 or not policy.rolls_by_size(part.size + cut)):
            cut += lengths[taken]
            taken += 1
        part.write(data[:cut], now)
        return values[taken:]

    def _row_part(self, now: float, epoch: int, goes_on: InProgressFile | None = None) -> RowPart:
        encoder = self._sink.row_encoder
        return RowPart(*self._names(epoch), epoch, now, encoder, self._sink.input_type, goes_on)

    def go_on(self, restored: InProgressFile, now: float) -> None:
        """Take what is valid of a former writer's part. A second one becomes a part of its own, complete."""
        if self.part is not None:
            self.close_part()
        if self._sink.bulk is not None:
            raise ValueError(
                f"the checkpoint has {restored.path} in progress, of a row format; the sink of {self._sink.base_path} "
                "now writes a bulk format, which cannot go on with it: give the sink another uid"
            )
        self.part = self._row_part(now, 0, restored)

    def roll(self, now: float, at_checkpoint: bool, at_end: bool) -> None:
        """Close the part in progress where it is due."""
        part, policy = self.part, self._sink.rolling_policy
        if part is not None and (
            at_end
            or (at_checkpoint and (isinstance(part, BulkPart) or policy.rolls_on_checkpoint(part.size)))
            or policy.rolls_by_time((now - part.created) * 1000, (now - part.written) * 1000)
        ):
            self.close_part()

    def close_part(self) -> None:
        assert self.part is not None
        self.pending.append((self.part.complete(), self.part.epoch))
        self.part = None

    def take_pending(self) -> list[PendingFile]:
        pending, self.pending = self.pending, []
        return [file for file, _ in pending]

    @property
    def is_idle(self) -> bool:
        return self.part is None and not self.pending

    def close(self, epoch: int) -> None:
        """Remove what was begun in the epoch: no snapshot knows it."""
        for file, begun in self.pending:
            if begun == epoch:
                file.discard()
        if self.part is not None:
            if self.part.epoch == epoch:
                self.part.discard()
            else:
                self.part.close()
        self.part, self.pending = None, []
