"""The output of one subtask on one edge: one channel to each consumer."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from penstock.exchange.elements import CancelCheckpoint, CheckpointBarrier, Control, LatencyMarker, RecordBatch
from penstock.exchange.local_channel import LocalChannel
from penstock.exchange.serialization import decode_element


class OutputChannel(Protocol):
    """One producer's end of a channel: through a log (`RemoteChannel`) or in memory (`LocalChannel`)."""

    sequence: int
    ordinal: int

    def emit(self, values: list[Any], timestamps: list[int | None] | None, keys: list[Any] | None) -> None: ...
    def control(self, element: Control) -> None: ...
    def mark(self, marker: LatencyMarker) -> None: ...


class BufferedChannel(OutputChannel, Protocol):
    """A channel that collects records before they leave."""

    @property
    def is_buffering(self) -> bool: ...
    @property
    def bytes_out(self) -> int: ...
    @property
    def is_caught_up(self) -> bool: ...
    @property
    def is_drained(self) -> bool: ...

    def flush(self) -> None: ...
    def overtake(self, barrier: CheckpointBarrier) -> list[tuple[int, bytes]]: ...
    def restore(self, sequence: int, ordinal: int) -> None: ...
    def announce(self) -> None: ...


class Parked(NamedTuple):
    """What waits for credit on the way to consumer subtask `target`, as it is to stand in the log."""

    target: int
    kind: int
    payload: bytes


class OutputWriter:
    """Made by an exchange; `targets[i]` is the consumer subtask that index `i` sends to."""

    def __init__(self, targets: Sequence[int], buffer_timeout: float | None) -> None:
        self.targets = list(targets)
        self._channels: list[OutputChannel] = []
        self._remote: dict[int, BufferedChannel] = {}
        self._blocked: set[int] = set()
        self._timeout = buffer_timeout  #: seconds; None: only full batches and when idle
        self._buffering: dict[int, float] = {}  #: index -> since when, oldest first

    def add_local(self, channel: LocalChannel) -> None:
        """The channel to the next target."""
        index = len(self._channels)
        channel.on_blocked = lambda blocked: self.set_blocked(index, blocked)
        self._channels.append(channel)

    def add_remote(self, channel: BufferedChannel) -> None:
        """The channel to the next target."""
        self._remote[len(self._channels)] = channel
        self._channels.append(channel)

    def set_blocked(self, index: int, blocked: bool) -> None:
        """A channel ran out of credit, or has some again."""
        if blocked:
            self._blocked.add(index)
        else:
            self._blocked.discard(index)

    @property
    def is_remote(self) -> bool:
        """Whether all its channels lead through logs."""
        return len(self._remote) == len(self._channels)

    @property
    def blocked(self) -> bool:
        """Whether some channel is out of credit: its task takes no more input. What it emits all the same is parked."""
        return bool(self._blocked)

    @property
    def bytes_out(self) -> int:
        """Of payloads made for logs."""
        return sum(c.bytes_out for c in self._remote.values())

    @property
    def is_drained(self) -> bool:
        """Whether everything emitted has reached its log: a task is FINISHED only then."""
        return all(c.is_drained for c in self._remote.values())

    @property
    def is_caught_up(self) -> bool:
        """Whether every channel has reached what its consumer has taken (exchange.md, rule 10)."""
        return all(c.is_caught_up for c in self._remote.values())

    def emit(
        self,
        i: int,
        values: list[Any],
        timestamps: list[int | None] | None = None,
        keys: list[Any] | None = None,
    ) -> None:
        """Send records to `targets[i]`. The lists belong to the exchange from now on, which may change them: each
        target gets its own. `timestamps` and `keys` run parallel to `values`."""
        channel = self._channels[i]
        channel.emit(values, timestamps, keys)
        if i in self._remote:
            self._note(i)

    def broadcast(self, control: Control) -> None:
        """Send a control element to every target, behind all that was emitted."""
        in_logs = not isinstance(control, CancelCheckpoint)  # which the JobMaster writes to the logs itself
        for i, channel in enumerate(self._channels):
            if in_logs or i not in self._remote:
                channel.control(control)
        if in_logs:
            for i in self._remote:
                self._note(i)

    def mark(self, i: int, marker: LatencyMarker) -> None:
        """Send a latency marker to `targets[i]` alone, behind all that was emitted there."""
        self._channels[i].mark(marker)
        if i in self._remote:
            self._note(i)

    def overtake(self, barrier: CheckpointBarrier) -> list[Parked]:
        """Send a barrier ahead of what waits for credit, which is returned. In memory it goes behind: the consumer sees
        it there."""
        parked: list[Parked] = []
        for i, channel in enumerate(self._channels):
            if i in self._remote:
                parked += [Parked(self.targets[i], *element) for element in self._remote[i].overtake(barrier)]
                self._note(i)
            else:
                channel.control(barrier)
        return parked

    def send_again(self, parked: Parked) -> None:
        """To its target alone: what was parked when a checkpoint was taken, after a restore; before the first emit."""
        i = self.targets.index(parked.target)
        element = decode_element(parked.kind, parked.payload)
        if isinstance(element, RecordBatch):
            self.emit(i, element.values, element.timestamps, element.keys)
            return
        self._channels[i].control(element)
        if i in self._remote:
            self._note(i)

    def sequences(self) -> dict[int, tuple[int, int]]:
        """For a snapshot: target -> (records sent, control elements sent)."""
        return {t: (c.sequence, c.ordinal) for t, c in zip(self.targets, self._channels, strict=True)}

    def restore(self, sequences: Mapping[int, tuple[int, int]]) -> None:
        """Go on counting where a snapshot was taken; before the first emit. What consumers have taken is not sent
        again."""
        for i, channel in self._remote.items():
            channel.restore(*sequences.get(self.targets[i], (0, 0)))

    def announce(self) -> None:
        """Tell consumers of this attempt; after `restore`, before anything is emitted."""
        for channel in self._remote.values():
            channel.announce()

    def flush(self, now: float, idle: bool) -> None:
        """Let go what is due by `now` (`time.monotonic`): everything where `idle`, else what has waited the buffer
        timeout."""
        if not self._buffering:
            return
        due = now if self._timeout is None else now - self._timeout
        for i, since in list(self._buffering.items()):
            if not idle and (self._timeout is None or since > due):
                break
            del self._buffering[i]
            self._remote[i].flush()

    def deadline(self) -> float | None:
        """When the oldest buffered record has waited the buffer timeout, by `time.monotonic`."""
        if self._timeout is None or not self._buffering:
            return None
        return next(iter(self._buffering.values())) + self._timeout

    def _note(self, i: int) -> None:
        if not self._remote[i].is_buffering:
            self._buffering.pop(i, None)
        elif i not in self._buffering:
            self._buffering[i] = time.monotonic()
