"""A guarded commit and the operations it carries beside its rows: data, carried out by `lua/commit.lua` or the twin."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Committed = Literal["OK", "FENCED", "CONFLICT"]

#: fields of a row set that the commit script owns
RESERVED_ROWS: frozenset[str] = frozenset({"revision", "nonce", "cursor"})


@dataclass(frozen=True, slots=True)
class SetKey:
    """SET, with a time to live in ms where given."""

    key: str
    value: bytes
    ttl_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteKey:
    key: str


@dataclass(frozen=True, slots=True)
class ExpireKey:
    """PEXPIRE: the key is deleted after this many ms. Nothing where there is no such key."""

    key: str
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class SetAdd:
    key: str
    member: str


@dataclass(frozen=True, slots=True)
class SetRemove:
    key: str
    member: str


@dataclass(frozen=True, slots=True)
class HashSet:
    key: str
    field: str
    value: bytes


@dataclass(frozen=True, slots=True)
class HashDelete:
    key: str
    field: str


@dataclass(frozen=True, slots=True)
class HashCompareSet:
    """For data that others write too: the whole commit is CONFLICT where the field holds anything but `expected`."""

    key: str
    field: str
    expected: bytes | None
    value: bytes


@dataclass(frozen=True, slots=True)
class StreamAdd:
    """Append to an event or command stream."""

    key: str
    payload: bytes


Op: TypeAlias = SetKey | DeleteKey | ExpireKey | SetAdd | SetRemove | HashSet | HashDelete | HashCompareSet | StreamAdd


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One decision of a leader: all of it happens, or none.

    `revision`: the one the decision was based on; it is one higher afterwards. `nonce`: fresh for each commit, and the
    same when this commit is sent again. A value of None deletes the row or outbox effect. `cursor` None: unchanged.
    """

    role: str
    epoch: int
    revision: int
    nonce: str
    rows: dict[str, bytes | None] = field(default_factory=dict)
    cursor: str | None = None
    outbox: dict[str, bytes | None] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.nonce:
            raise ValueError(
                "a commit needs a nonce of its own: without one a repeated commit cannot be told from a stale one"
            )
        if reserved := RESERVED_ROWS & self.rows.keys():
            raise ValueError(f"row names {sorted(reserved)} belong to the commit script; choose others")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderState:
    """Everything a leader continues from. A role nobody committed for yet: revision 0, cursor `0-0`."""

    revision: int = 0
    cursor: str = "0-0"
    nonce: str = ""
    rows: dict[str, bytes] = field(default_factory=dict)
    outbox: dict[str, bytes] = field(default_factory=dict)
