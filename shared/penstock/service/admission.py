"""Admission: whether this process has the secret of the cluster that it is about to join."""

from typing import Protocol

import structlog
from redis.exceptions import NoPermissionError

from penstock.client.config.options import security
from penstock.coordination.keys import Keys
from penstock.coordination.parts import Secret
from penstock.security.keyring import NO_SECRET, Keyring

_log = structlog.get_logger()
_ONE_SECRET = f"All services of a cluster need the same {security.SECRET.key}"


class NotAdmitted(Exception):  # noqa: N818 (a state of the world)
    """Why the process has to leave, and what to do."""


class HasSecret(Protocol):
    """What is needed of `Coordination`."""

    @property
    def secret(self) -> Secret: ...

    @property
    def keyring(self) -> Keyring: ...

    @property
    def keys(self) -> Keys: ...


class Admission:
    """Of one process. Every call may raise a Redis error, and may then be made again."""

    def __init__(self, coordination: HasSecret) -> None:
        self._secret, self._keyring, self._keys = coordination.secret, coordination.keyring, coordination.keys
        self._is_told = False
        self.is_admitted = False

    def look(self) -> None:
        """NotAdmitted: the cluster has another secret, and we have not joined yet. To be called again now and then:
        a Redis that was emptied is told, and another's secret is told of once."""
        if self.is_admitted:
            self._stay()
        else:
            self._join()

    def _join(self) -> None:
        """A former secret that we trust is replaced: whoever joins later and knows the former alone is refused."""
        try:
            found = self._secret.keep(self._keyring.check, self._keyring.trusted_checks)
        except NoPermissionError:
            raise NotAdmitted(
                f"the Redis user may not write the key {self._keys.secret()}, by which services compare their "
                "secret: give it that (conf/redis-users.acl has it)"
            ) from None
        if found != self._keyring.check:
            raise NotAdmitted(self._difference(found))
        self.is_admitted = True

    def _stay(self) -> None:
        found = self._secret.keep(self._keyring.check)
        if found in (self._keyring.check, *self._keyring.trusted_checks):
            self._is_told = False
        elif not self._is_told:
            self._is_told = True
            _log.error(
                "a service with another secret has joined the cluster: what it writes is refused here. "
                f"{_ONE_SECRET}; restart this one with it, or that one with ours",
                ours=_named(self._keyring.check),
                theirs=_named(found),
            )

    def _difference(self, found: str) -> str:
        where = f"cluster {self._keys.prefix!r}"
        if self._keyring.check == NO_SECRET:
            return (
                f"{where} has a secret (id {_named(found)}), and this process has none. {_ONE_SECRET}: set it here too"
            )
        if found == NO_SECRET:
            return (
                f"{where} has no secret, and this process has one. {_ONE_SECRET}, or none: unset it here, or give the "
                "cluster one (docs/security.md: stop its jobs with savepoints, empty its Redis)"
            )
        return (
            f"{security.SECRET.key} is not the secret of {where}: its id is {_named(self._keyring.check)}, that of the "
            f"cluster's {_named(found)}. {_ONE_SECRET}. To change it, name the former one in {security.TRUSTED.key} of "
            f"this service; where the former one is lost, delete the key {self._keys.secret()} in the coordination "
            "Redis: what was sealed with it is then refused (docs/security.md)"
        )


def _named(check: str) -> str:
    return check.partition(":")[0]
