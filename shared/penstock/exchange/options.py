"""How much the exchange buffers, and for how long."""

from dataclasses import dataclass, replace

#: bytes: what an entry has at least, to however many targets its subtask sends
_LEAST_ENTRY = 4 * 1024


@dataclass(frozen=True, slots=True)
class ExchangeOptions:
    """Sizes in bytes, times in seconds."""

    in_memory_channels: bool = (
        True  #: `penstock.exchange.in-memory-channels`: False sends same-slot channels through Redis too
    )
    credit: int = 512 * 1024  #: of one channel: what may be appended and not yet taken
    entry_size: int = 32 * 1024  #: a batch leaves when it is about this large
    entry_records: int = 4096  #: or has this many records
    local_records: int = 16 * 1024  #: records an in-memory channel holds before its producer is blocked
    read_ahead: int = 1024 * 1024  #: of one input log, read but not yet looked at
    read_count: int = 64  #: entries of one log in one read
    publish_interval: float = 0.1  #: credit below a quarter of the bound is published this late at most
    block: float = 2.0  #: longest wait of one XREAD; below redis-py's socket timeout
    stall: float = 0.5  #: an exchange Redis that has answered nothing for this long stops its producers
    connect_timeout: float = 1.0  #: a connect blocks the mailbox for this long at most
    reconnect_timeout: float = 5.0  #: an exchange Redis that cannot be connected to for this long is lost
    expire: int = 24 * 3600  #: of every exchange key; renewed by its slot, so that only orphans expire

    def among(self, targets: int) -> "ExchangeOptions":
        """For a subtask that sends to so many: what it collects for all of them is bounded too. Until it is pickled a
        batch is objects, many times as large, which should not leave the core's cache."""
        least = min(self.entry_size, _LEAST_ENTRY)
        return replace(self, entry_size=max(least, self.entry_size * 2 // max(targets, 2)))
