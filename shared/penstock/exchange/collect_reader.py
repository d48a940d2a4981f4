"""The dispatcher's side of `execute_and_collect`: entries out of a collect log, for whoever asks next."""

from typing import Any

import redis

from penstock.coordination.keys import Keys
from penstock.exchange.collect_log import CollectEntry, CollectKind, unpack_entry
from penstock.exchange.input_log import format_id, parse_id, refuse
from penstock.security.keyring import UNSIGNED, Keyring

#: entries in one answer
_PAGE = 32


class CollectReader:
    """Nothing is kept between calls: every dispatcher replica may answer the next one.

    `client`: of the exchange Redis number `collect_exchange(job, collect_id, exchanges)`, not decoding responses.
    """

    def __init__(
        self, client: "redis.Redis", keys: Keys, job: str, collect_id: str, keyring: Keyring = UNSIGNED
    ) -> None:
        self._client: Any = client  # redis-py's types know both RESP versions at once
        self._log_key, self._taken_key = keys.collect_log(job, collect_id), keys.collect_taken(job, collect_id)
        self._seal = keyring.entries(self._log_key)

    def read(self, after: str) -> tuple[list[CollectEntry], str]:
        """The entries behind position `after`, and the position behind them.

        `after` tells that the client has everything up to there: it is deleted. Raises redis.RedisError.
        """
        have, entries = parse_id(after.encode()), self._client.xrange(self._log_key, count=_PAGE)
        found: list[CollectEntry] = []
        last, passed, taken = have, None, None
        for at, fields in entries:
            raw: bytes | None = fields.get(b"h", b"")
            if self._seal is not None:
                raw = self._seal.opened(fields.get(b"h", b""), fields.get(b"p", b""))
            position = parse_id(at)
            if position > have:
                last = position
            else:
                passed = position
            if raw is None:
                refuse(self._log_key, at)
                continue
            entry = unpack_entry(raw, fields[b"p"])
            if position > have:
                found.append(entry)
            elif entry.kind == CollectKind.DATA:
                taken = entry
        if passed is not None:
            self._taken(passed, taken)
            if not found and last == have:
                return self.read(after)
        return found, format_id(last).decode()

    def _taken(self, passed: tuple[int, int], last: CollectEntry | None) -> None:
        value = None if last is None else b"%d %d %d" % (*last.attempt, last.seq)
        was_told = self._tell(value)
        self._client.xtrim(self._log_key, minid=format_id((passed[0], passed[1] + 1)), approximate=False)
        if not was_told:
            # that has made room
            self._tell(value)

    def _tell(self, taken: bytes | None) -> bool:
        try:
            if taken is not None:
                self._client.set(self._taken_key, taken, ex=24 * 3600)
        except redis.exceptions.OutOfMemoryError:
            return False
        return True
