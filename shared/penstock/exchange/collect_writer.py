"""The slot's side of `execute_and_collect`: records into a log that the dispatcher reads for the client."""

from collections import deque
from collections.abc import Callable
from typing import Any

from penstock.exchange.batch_size import BatchSize
from penstock.exchange.credit import ProducerCredit
from penstock.exchange.header import Attempt, Header, Kind
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.record_buffer import RecordBuffer
from penstock.exchange.remote_channel import LogEntry
from penstock.exchange.serialization import BatchSerializer
from penstock.graph.key_groups import stable_hash
from penstock.security.entry_seal import EntrySeal


def collect_exchange(job: str, collect_id: str, exchanges: int) -> int:
    """Which of the job's exchange Redises holds a collect log."""
    return stable_hash((job, collect_id)) % exchanges


class CollectWriter:
    """Payloads are pickled lists; in the headers `seq` counts records and `ordinal` is the sequence before the batch.

    The client tells what it has taken by a key of its own, which the link asks for while `is_waiting`.
    """

    def __init__(
        self,
        log_key: str,
        taken_key: str,
        attempt: Attempt,
        options: ExchangeOptions,
        append: Callable[["CollectWriter", LogEntry], None],
        seal: EntrySeal | None = None,
    ) -> None:
        self.seal = seal
        self.log_key, self.taken_key = log_key, taken_key
        self.sequence = 0
        self._attempt, self._append = attempt, append
        self._buffer = RecordBuffer()
        self._serializer = BatchSerializer("to execute_and_collect")
        self._size = BatchSize(options.entry_size, options.entry_records)
        self._credit = ProducerCredit(options.credit)
        self._parked: deque[LogEntry] = deque()
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
        self._send(LogEntry(self._header(Kind.END, self.sequence), b"", self.sequence, 0))

    def taken_upto(self, raw: bytes | None) -> None:
        """What the client's key says."""
        self._credit.taken_upto(int(raw or 0))
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
        self._send(LogEntry(self._header(Kind.DATA, before), payload, self.sequence, len(payload)))

    def _header(self, kind: Kind, before: int) -> bytes:
        return Header(0, *self._attempt, kind, self._serializer.serializer, self.sequence, before).pack()

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
