"""What a consumer knows of one of its channels, and what it takes of the next entry (exchange.md, rules 1, 8 and
11)."""

from dataclasses import dataclass, fields

from penstock.exchange.errors import ExchangeLost
from penstock.exchange.header import NO_ATTEMPT, Attempt


@dataclass(slots=True)
class InputChannel:
    """Part of every snapshot. `taken`: records of the channel that were handed to the task, for good."""

    name: str  #: "edge 3, subtask 0", for messages
    input: int  #: of the consuming operator
    taken: int = 0
    ordinal: int = 0  #: of the last control entry
    attempt: Attempt = NO_ATTEMPT  #: the newest seen
    ended: bool = False
    said_at: int = -1  #: the position of the last statuses, in records
    said: int = 0  #: how many were said there, by attempts before the newest too
    said_again: int = 0  #: by the newest attempt
    repeated: bool | None = None  #: the last status of the newest attempt that was taken for one said before

    def is_stale(self, attempt: Attempt) -> bool:
        """Whether the entry comes from a producer that a newer attempt has superseded."""
        if attempt > self.attempt:
            self.attempt = attempt
            # which counts its control entries anew
            self.ordinal = self.said_again = 0
            self.repeated = None
        return attempt < self.attempt

    def take(self, seq: int, records: int) -> int | None:
        """Take a data entry that covers `(seq - records, seq]`: how many of its first records were taken before;
        None: all.

        Raises ExchangeLost where records before it are missing.
        """
        if seq <= self.taken:
            return None
        skip = self.taken - (seq - records)
        if skip < 0:
            raise ExchangeLost(
                f"{self.name}: records {self.taken + 1} to {seq - records} are missing in the input log", "gap"
            )
        self.taken = seq
        return skip

    def counts(self, seq: int) -> bool:
        """Whether a control entry stands at the channel's current position: False for one that lies behind it.

        Raises ExchangeLost where records before it are missing.
        """
        if seq > self.taken:
            raise ExchangeLost(f"{self.name}: records {self.taken + 1} to {seq} are missing in the input log", "gap")
        return seq == self.taken

    def status_counts(self, seq: int, ordinal: int, active: bool) -> bool:
        """Whether a status entry counts: a replayed old `idle` must not let the watermark jump.

        A restarted producer repeats what was said at this position; what it says beyond that is new.
        """
        if not self.counts(seq) or ordinal <= self.ordinal:
            return False
        if seq != self.said_at:
            self.said_at, self.said, self.said_again = seq, 0, 0
        self.said_again += 1
        if self.said_again > self.said:
            self.said, self.repeated = self.said_again, None
            return True
        self.repeated = active
        return False

    def settled_status(self) -> bool | None:
        """At a barrier that counts the producer has repeated all it will: its status, where that was passed over."""
        status, self.repeated = self.repeated, None
        return status

    def end(self, seq: int) -> bool:
        """The channel ends after exactly `seq` records; False where that is known. Raises ExchangeLost for any other
        count."""
        if self.ended:
            return False
        if not self.counts(seq):
            raise ExchangeLost(
                f"{self.name} ended after {seq} records, but {self.taken} were taken: its history has forked", "fork"
            )
        self.ended = True
        return True

    def copied(self) -> "InputChannel":
        """For a snapshot; and back from one, which may be of a version that knew less."""
        known = {f.name: getattr(self, f.name) for f in fields(self) if hasattr(self, f.name)}
        return InputChannel(**known)
