"""Guarded commits of the twin: `lua/commit.lua` in Python."""

from collections.abc import Sequence
from typing import assert_never

from penstock.coordination.keys import Keys
from penstock.coordination.memory.keyspace import Keyspace
from penstock.coordination.operations import (
    RESERVED_ROWS,
    Commit,
    Committed,
    DeleteKey,
    ExpireKey,
    HashCompareSet,
    HashDelete,
    HashSet,
    LeaderState,
    Op,
    SetAdd,
    SetKey,
    SetRemove,
    StreamAdd,
)


class MemoryStore:
    """See `parts.Store`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def load(self, role: str) -> LeaderState:
        with self._space as space:
            rows = space.hashes.get(self._keys.rows(role), {})
            return LeaderState(
                revision=int(rows.get("revision", 0)),
                cursor=rows.get("cursor", b"0-0").decode(),
                nonce=rows.get("nonce", b"").decode(),
                rows={name: value for name, value in rows.items() if name not in RESERVED_ROWS},
                outbox=dict(space.hashes.get(self._keys.outbox(role), {})),
            )

    def row(self, roles: Sequence[str], name: str) -> list[bytes | None]:
        with self._space as space:
            return [space.hashes.get(self._keys.rows(role), {}).get(name) for role in roles]

    def commit(self, commit: Commit) -> Committed:
        rows = self._keys.rows(commit.role)
        with self._space as space:
            if int(space.get(self._keys.epoch(commit.role)) or 0) != commit.epoch or commit.epoch == 0:
                return "FENCED"
            stored = space.hashes.get(rows, {})
            if int(stored.get("revision", 0)) != commit.revision:
                return "OK" if stored.get("nonce") == commit.nonce.encode() else "CONFLICT"
            for op in commit.ops:
                if isinstance(op, HashCompareSet) and space.hashes.get(op.key, {}).get(op.field) != op.expected:
                    return "CONFLICT"
            owned = {"revision": b"%d" % (commit.revision + 1), "nonce": commit.nonce.encode()}
            if commit.cursor:
                owned["cursor"] = commit.cursor.encode()
            _change(space, rows, {**owned, **commit.rows})
            _change(space, self._keys.outbox(commit.role), commit.outbox)
            for op in commit.ops:
                _carry_out(space, op)
            return "OK"


def _change(space: Keyspace, key: str, fields: dict[str, bytes | None]) -> None:
    for name, value in fields.items():
        if value is None:
            space.drop_field(key, name)
        else:
            space.hash(key)[name] = value


def _carry_out(space: Keyspace, op: Op) -> None:
    match op:
        case SetKey():
            space.set(op.key, op.value, op.ttl_ms)
        case DeleteKey():
            space.delete(op.key)
        case ExpireKey():
            space.expire(op.key, op.ttl_ms)
        case SetAdd():
            space.sets.setdefault(op.key, set()).add(op.member)
        case SetRemove():
            space.drop_member(op.key, op.member)
        case HashSet() | HashCompareSet():
            space.hash(op.key)[op.field] = op.value
        case HashDelete():
            space.drop_field(op.key, op.field)
        case StreamAdd():
            space.append(op.key, op.payload)
        case _:
            assert_never(op)
