"""The dispatcher's side of `execute_and_collect`: batches out of a collect log, for whoever asks next."""

from typing import Any

import redis

from penstock.coordination.keys import Keys
from penstock.exchange.header import Kind, unpack_header
from penstock.exchange.input_log import refuse
from penstock.security.keyring import UNSIGNED, Keyring

#: batches in one answer
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

    def read(self, after: int) -> tuple[list[tuple[int, bytes]], bool]:
        """Batches above record sequence `after`, as (sequence, pickled list), and whether they are the last ones.

        `after` tells that the client has everything up to there: it is deleted. Raises LookupError where a client
        asks again for what it had, redis.RedisError.
        """
        entries = self._client.xrange(self._log_key, count=_PAGE)
        batches: list[tuple[int, bytes]] = []
        passed, ended = b"", False
        for at, fields in entries:
            raw: bytes | None = fields.get(b"h", b"")
            if self._seal is not None:
                raw = self._seal.opened(fields.get(b"h", b""), fields.get(b"p", b""))
            if raw is None:
                refuse(self._log_key, at)
                continue
            header = unpack_header(raw)
            if header.kind == Kind.END:
                ended = True
            elif header.seq <= after:
                passed = at
            else:
                if not batches and header.ordinal > after:
                    raise LookupError(
                        f"{self._log_key}: records {after + 1} to {header.ordinal} were taken before and are deleted"
                    )
                # a copy: its connection broke before the answer came
                if not batches or header.seq > batches[-1][0]:
                    batches.append((header.seq, fields[b"p"]))
        if passed:
            self._taken(after, passed)
            if not batches and not ended:
                return self.read(after)
        return batches, ended

    def _taken(self, after: int, passed: bytes) -> None:
        ms, _, n = passed.partition(b"-")
        self._client.xtrim(self._log_key, minid=b"%b-%d" % (ms, int(n) + 1), approximate=False)
        try:
            self._client.set(self._taken_key, after, ex=24 * 3600)
        except redis.exceptions.OutOfMemoryError:
            # the next call says it again, and trimming has made room
            return
