"""The two ends of the channels that one link carries: an outlet appends to a log, an inlet reads one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from penstock.exchange.alignment import EntryId
from penstock.exchange.credit import CreditRow
from penstock.exchange.input_gate import InputGate
from penstock.exchange.input_log import InputLog
from penstock.exchange.remote_channel import RemoteChannel
from penstock.security.entry_seal import EntrySeal

#: field of a credit hash beside the channels: the lowest id that the log still has
TRIMMED_TO = b"trimmed_to"


class Appender(Protocol):
    """Whoever appends to a log."""

    @property
    def log_key(self) -> str: ...
    def acknowledged(self) -> None:
        """One more entry is in the log."""


@dataclass(eq=False, slots=True)
class Outlet:
    """A producing subtask's end. `owner` is (vertex, subtask, attempt); `seal`: of the log, in a cluster with a
    secret."""

    channel: RemoteChannel
    log_key: str
    credit_key: str
    consumer: int
    owner: tuple[str, int, int]
    seal: EntrySeal | None = None
    withheld: bool = False  #: whether the consumer says that no more records should come
    early: CreditRow | None = None  #: heard of before the hash was asked
    is_removed: bool = False  #: its task is over, whatever it had still to send

    def acknowledged(self) -> None:
        self.channel.acknowledged()

    def settling(self, row: CreditRow) -> CreditRow:
        """What the credit hash says, and what was heard of meanwhile."""
        early, self.early = self.early, None
        return row if early is None else row.raised(early)

    @property
    def wants_check(self) -> bool:
        """Whether more of the log is to be read, to be compared with what a restarted producer makes again."""
        check = self.channel.check
        return check is not None and check.wants

    def compare(self, entries: Sequence[tuple[bytes, list[bytes]]]) -> None:
        """The next entries of the log. Raises ExchangeLost for a fork."""
        check = self.channel.check
        if check is None or self.is_removed:
            return
        opened = []
        for at, fields in entries:
            header = fields[1] if len(fields) == 4 else b""
            if self.seal is not None and header:
                header = self.seal.opened(header, fields[3]) or b""
            opened.append((at, header, fields[3] if header else b""))
        check.read(opened)
        if check.is_over:
            self.channel.check = None


@dataclass(eq=False, slots=True)
class Inlet:
    """A consuming subtask's end. `wakes`: wake stream of a producer's slot -> that slot's channels; `owner` is (vertex,
    subtask)."""

    gate: InputGate
    log: InputLog
    log_key: str
    credit_key: str
    consumer: int
    wakes: Mapping[str, frozenset[int]]
    owner: tuple[str, int]
    floor: dict[int, CreditRow] = field(default_factory=dict)  #: what an attempt before has published; never lowered
    is_settled: bool = False  #: whether `floor` is known
    is_removed: bool = False
    withheld: bool = False  #: whether producers are told that they have no credit

    def settle(self, floor: dict[int, CreditRow]) -> None:
        """What was published before; where an attempt before withheld credit, this one takes it back."""
        self.floor, self.is_settled = floor, True
        self.withheld = any(row.withheld for row in floor.values())

    def notice(self, holds: bool) -> None:
        """With task-local failover: publish what a checkpoint, or a log that is full, has changed. `holds`: a consumer
        of the subtask's own wants no more records; it passes that on to where they come from."""
        retention = self.log.retention
        withheld = holds or (retention is not None and retention.withholds)
        has_moved = retention is not None and retention.has_moved
        if retention is not None:
            retention.has_moved = False
        if has_moved or withheld != self.withheld:
            self.withheld = withheld
            for channel in self.gate.channels:
                self.log.credit.passed(channel, urgent=True)

    def trim_position(self) -> EntryId:
        """Up to where the log may be trimmed."""
        consumed, retention = self.gate.trim_position(), self.log.retention
        return consumed if retention is None else retention.position(consumed)

    def rows(self, channels: list[int]) -> dict[int, CreditRow]:
        """What to publish of these channels."""
        rows = {}
        for c in channels:
            state = self.gate.channels[c]
            row = CreditRow(state.taken, state.ordinal, state.attempt, self.withheld)
            rows[c] = row.raised(self.floor[c]) if c in self.floor else row
        return rows
