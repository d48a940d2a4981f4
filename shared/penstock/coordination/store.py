"""Row sets of the leaders over Redis: loaded in one moment, changed by `lua/commit.lua` alone."""

from collections.abc import Sequence
from typing import assert_never

import redis

from penstock.coordination.keys import Keys
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
from penstock.coordination.scripts import Argument, Script

__all__ = [
    "Commit",
    "Committed",
    "DeleteKey",
    "ExpireKey",
    "HashCompareSet",
    "HashDelete",
    "HashSet",
    "LeaderState",
    "Op",
    "RedisStore",
    "SetAdd",
    "SetKey",
    "SetRemove",
    "StreamAdd",
]


class RedisStore:
    """See `parts.Store`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._commit = Script(client, "commit")

    def load(self, role: str) -> LeaderState:
        # No transaction: a Redis that is out of memory refuses those, of reads too.
        revision: bytes | None = b"unread"
        stored: dict[bytes, bytes] = {}
        while stored.get(b"revision") != revision:
            with self._client.pipeline(transaction=False) as reads:
                reads.hgetall(self._keys.rows(role))
                reads.hgetall(self._keys.outbox(role))
                reads.hget(self._keys.rows(role), "revision")
                stored, outbox, revision = reads.execute()
        rows = {name.decode(): value for name, value in stored.items()}
        return LeaderState(
            revision=int(rows.get("revision", 0)),
            cursor=rows.get("cursor", b"0-0").decode(),
            nonce=rows.get("nonce", b"").decode(),
            rows={name: value for name, value in rows.items() if name not in RESERVED_ROWS},
            outbox={name.decode(): value for name, value in outbox.items()},
        )

    def row(self, roles: Sequence[str], name: str) -> list[bytes | None]:
        if not roles:
            return []
        with self._client.pipeline(transaction=False) as reads:
            for role in roles:
                reads.hget(self._keys.rows(role), name)
            found: list[bytes | None] = reads.execute()
        return found

    def commit(self, commit: Commit) -> Committed:
        keys = [self._keys.epoch(commit.role), self._keys.rows(commit.role), self._keys.outbox(commit.role)]
        keys += [op.key for op in commit.ops]
        arguments: list[Argument] = [commit.epoch, commit.revision, commit.nonce, commit.cursor or ""]
        arguments += _changes(commit.rows) + _changes(commit.outbox)
        for op in commit.ops:
            arguments += _operation(op)
        answer: Committed = self._commit(keys, arguments).decode()
        return answer


def _changes(rows: dict[str, bytes | None]) -> list[Argument]:
    flat: list[Argument] = [len(rows)]
    for name, value in rows.items():
        flat += [name, *_optional(value)]
    return flat


def _optional(value: bytes | None) -> list[Argument]:
    return [0, b""] if value is None else [1, value]


def _operation(op: Op) -> list[Argument]:
    match op:
        case SetKey():
            return ["SET", op.value, "" if op.ttl_ms is None else op.ttl_ms]
        case DeleteKey():
            return ["DEL"]
        case ExpireKey():
            return ["PEXPIRE", op.ttl_ms]
        case SetAdd():
            return ["SADD", op.member]
        case SetRemove():
            return ["SREM", op.member]
        case HashSet():
            return ["HSET", op.field, op.value]
        case HashDelete():
            return ["HDEL", op.field]
        case HashCompareSet():
            return ["HCAS", op.field, *_optional(op.expected), op.value]
        case StreamAdd():
            return ["XADD", op.payload]
        case _:
            assert_never(op)
