"""The ids of a stream's entries: `<ms>-<sequence>`, in order as pairs of numbers."""

from typing import NamedTuple

_LARGEST = (1 << 64) - 1


class EntryId(NamedTuple):
    ms: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.ms}-{self.sequence}"

    @property
    def before(self) -> "EntryId":
        """The largest id below this one; 0-0, which no entry has, is its own."""
        if self.sequence:
            return EntryId(self.ms, self.sequence - 1)
        return EntryId(self.ms - 1, _LARGEST) if self.ms else self


#: below all entries
ZERO = EntryId(0, 0)


def entry_id(text: str | bytes) -> EntryId:
    """Read an id; `<ms>` alone is its first one. ValueError for anything else."""
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    ms, dash, sequence = decoded.partition("-")
    parts = [ms, sequence if dash else "0"]
    if all(p.isascii() and p.isdigit() and int(p) <= _LARGEST for p in parts):
        return EntryId(int(parts[0]), int(parts[1]))
    raise ValueError(f"an entry's id is <ms>-<sequence>, such as 1526919030474-0, not {decoded!r}")
