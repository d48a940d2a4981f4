"""What of an input gate belongs to a snapshot of its task."""

from dataclasses import dataclass

from penstock.exchange.alignment import EntryId
from penstock.exchange.channel import InputChannel


@dataclass(frozen=True, slots=True)
class GateSnapshot:
    """What a restored gate needs (exchange.md, rule 3). `resume`: the lowest id still to be looked at, in the log of
    nonce `log`; None where there is no log."""

    channels: dict[int, InputChannel]
    watermarks: dict[int, int]
    idle: frozenset[int]
    combined_watermark: int
    done_upto: int
    cancelled: int
    cancel_epoch: int
    resume: EntryId | None
    log: str
