"""The slot's side of `execute_and_collect`: records into a log that the dispatcher reads for the client."""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from penstock.exchange.batch_size import BatchSize
from penstock.exchange.collect_log import GATED, CollectEntry, CollectKind, pack_entry
from penstock.exchange.credit import ProducerCredit
from penstock.exchange.header import Attempt
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.record_buffer import RecordBuffer
from penstock.exchange.remote_channel import LogEntry
from penstock.exchange.serialization import BatchSerializer
from penstock.graph.key_groups import stable_hash
from penstock.security.entry_seal import EntrySeal


def collect_exchange(job: str, collect_id: str, exchanges: int) -> int:
    """Which of the job's exchange Redises holds a collect log."""
    return stable_hash((job, collect_id)) % exchanges


class Kept(NamedTuple):
    """A batch that the client may not have."""

    before: int
    seq: int
    payload: bytes


class CollectState(NamedTuple):
    """Of a checkpoint: records sent, and of these what the client may not have: the log may be lost."""

    sequence: int
    kept: tuple[Kept, ...]


class CollectWriter:
    """The client tells what it has taken by a key of its own, which the link asks for while `is_waiting`.

    `gated`: the job takes checkpoints, and records count once they are in a complete one.
    """

    def __init__(
        self,
        log_key: str,
        taken_key: str,
        attempt: Attempt,
        options: ExchangeOptions,
        append: Callable[["CollectWriter", LogEntry], None],
        gated: bool = False,
        seal: EntrySeal | None = None,
    ) -> None:
        self.seal = seal
        self.log_key, self.taken_key = log_key, taken_key
        self.sequence = 0
        self._attempt, self._append, self._gated = attempt, append, gated
        self._buffer = RecordBuffer()
        self._serializer = BatchSerializer("to execute_and_collect")
        self._size = BatchSize(options.entry_size, options.entry_records)
        self._credit = ProducerCredit(options.credit)
        self._parked: deque[LogEntry] = deque()
        self._kept: deque[Kept] = deque()
        self._marked: dict[int, int] = {}
        self._began_at = 0
        self._unanswered = 0

    @property
    def blocked(self) -> bool:
        """Whether the client has to take something first."""
        return bool(self._parked)

    @property
    def is_waiting(self) -> bool:
        return bool(self._parked)

    @property
    def is_buffering(self) -> bool:
        return bool(self._buffer.values)

    @property
    def is_drained(self) -> bool:
        """Whether everything written is in the log, where the client finds it after this process."""
        return not (self._buffer.values or self._parked or self._unanswered)

    def begin(self, state: CollectState | None) -> None:
        """Before anything else. `state`: of the checkpoint that the task goes on from."""
        again: tuple[Kept, ...] = ()
        if state is not None:
            self.sequence, again = state
        self._began_at = self.sequence
        before = again[0].before if again else self.sequence
        self._control(CollectKind.START, before, GATED if self._gated else b"")
        for kept in again:
            self._data(kept)

    def write(self, values: list[Any]) -> None:
        """Take records; the list belongs to the exchange from now on."""
        self._buffer.add(values, None, None)
        while len(self._buffer) >= self._size.records:
            self._send_batch(self._size.records)

    def flush(self) -> None:
        """Let go what is buffered."""
        while self._buffer.values:
            self._send_batch(self._size.records)

    def end(self) -> None:
        """No more records will come."""
        self.flush()
        self._control(CollectKind.END, self.sequence)

    def mark(self, checkpoint: int) -> CollectState:
        """What was written so far belongs to this checkpoint."""
        self.flush()
        self._marked[checkpoint] = self.sequence
        return CollectState(self.sequence, tuple(self._kept))

    def release(self, checkpoint: int) -> None:
        """The checkpoint, and with it all before it, is complete."""
        complete = [n for n in self._marked if n <= checkpoint]
        if complete:
            sequence = max(self._marked.pop(n) for n in complete)
            entry = CollectEntry(CollectKind.COMMITTED, self._attempt, sequence, sequence)
            # at once: what a client is to have first may be parked until it takes what it has
            self._let_go(LogEntry(pack_entry(entry, self._serializer.serializer), b"", sequence, 0))

    def taken_upto(self, raw: bytes | None) -> None:
        """What the client's key says: attempt and sequence. Of others' only what was in our checkpoint counts."""
        epoch, number, taken = map(int, (raw or b"0 0 0").split())
        if (epoch, number) != self._attempt:
            taken = min(taken, self._began_at)
        self._credit.taken_upto(taken)
        while self._kept and self._kept[0].seq <= taken:
            self._kept.popleft()
        while self._parked and self._may_append(self._parked[0]):
            self._let_go(self._parked.popleft())

    def acknowledged(self) -> None:
        """An entry that was appended is in the log."""
        self._unanswered -= 1

    def _send_batch(self, records: int) -> None:
        batch = self._buffer.take(records)
        payload = self._serializer.dumps_values(batch.values)
        self._size.measured(len(batch), len(payload))
        before = self.sequence
        self.sequence += len(batch)
        self._data(Kept(before, self.sequence, payload))

    def _data(self, batch: Kept) -> None:
        if self._gated:
            self._kept.append(batch)
        entry = CollectEntry(CollectKind.DATA, self._attempt, batch.before, batch.seq)
        header = pack_entry(entry, self._serializer.serializer)
        self._send(LogEntry(header, batch.payload, batch.seq, len(batch.payload)))

    def _control(self, kind: CollectKind, before: int, payload: bytes = b"") -> None:
        entry = CollectEntry(kind, self._attempt, before, self.sequence)
        self._send(LogEntry(pack_entry(entry, self._serializer.serializer), payload, self.sequence, 0))

    def _send(self, entry: LogEntry) -> None:
        if not self._parked and self._may_append(entry):
            self._let_go(entry)
        else:
            self._parked.append(entry)

    def _may_append(self, entry: LogEntry) -> bool:
        return not entry.size or self._credit.allows(entry.size)

    def _let_go(self, entry: LogEntry) -> None:
        if entry.size:
            self._credit.sent(entry.seq, entry.size)
        self._unanswered += 1
        self._append(self, entry)
