"""Keyring: the cluster's secret and those trusted beside it, and the seals made with them.

A seal is HMAC-SHA256, cut to 16 bytes, under a key of its purpose's own, over the length of a context, the context and
the data: what was sealed as one thing, or for one place, is refused as another.
"""

import hmac
from collections.abc import Iterable

from penstock.security.checksums import Checksums, KeyedChecksums, PlainChecksums
from penstock.security.entry_seal import EntrySeal
from penstock.security.purpose import Purpose
from penstock.security.refusals import refusals

SEAL_BYTES = 16
_MAGIC = b"\x00PSK1"  #: no JSON, pickle, zip or program begins so
_KEY_ID_BYTES = 4
_CHECK_BYTES = 16
NO_SECRET = "none"  #: the check value of a process without one
HEAD_BYTES = len(_MAGIC) + _KEY_ID_BYTES + SEAL_BYTES  #: what `seal` puts before the data
_VERSION = b"penstock seal v1 "
LEAST_BYTES = 16  #: of a secret


class BadSeal(ValueError):  # noqa: N818 (a state of the world)
    """The data is not sealed, sealed by a secret that is not ours, or as something else."""


class _Key:
    """One secret. `id` names it without giving it away."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._derived: dict[str, bytes] = {}
        self.id = self.derived("key id")[:_KEY_ID_BYTES]
        self.check = f"{self.id.hex()}:{self.derived('cluster')[:_CHECK_BYTES].hex()}"

    def derived(self, purpose: str) -> bytes:
        found = self._derived.get(purpose)
        if found is None:
            found = self._derived[purpose] = hmac.digest(self._secret, _VERSION + purpose.encode(), "sha256")
        return found

    def mac(self, purpose: str, context: str, data: bytes) -> bytes:
        place = context.encode()
        return hmac.digest(self.derived(purpose), b"%d:%b%b" % (len(place), place, data), "sha256")[:SEAL_BYTES]


class Keyring:
    """Immutable; all threads may use it, and it may cross a fork. Without a secret nothing is sealed.

    `trusted`: secrets whose seals are accepted too: a former one, another cluster's.
    """

    def __init__(self, secret: bytes | None = None, trusted: Iterable[bytes] = ()) -> None:
        own = [] if secret is None else [secret]
        for each in (*own, *trusted):
            if len(each) < LEAST_BYTES:
                raise ValueError(f"a cluster secret has at least {LEAST_BYTES} bytes, this one has {len(each)}")
        if not own and list(trusted):
            raise ValueError("trusted secrets without a secret of one's own: set penstock.secret")
        self._keys = tuple(_Key(each) for each in (*own, *trusted))
        self._by_id = {key.id: key for key in reversed(self._keys)}

    @property
    def is_signing(self) -> bool:
        """Whether there is a secret."""
        return bool(self._keys)

    @property
    def id(self) -> str:
        """Names the secret without giving it away; empty where there is none."""
        return self._keys[0].id.hex() if self._keys else ""

    @property
    def check(self) -> str:
        """What the services of a cluster compare: of their secret, and no seal or key can be made of it. Like any seal
        it tells who has guessed the secret that he was right: it is to be a random one."""
        return self._keys[0].check if self._keys else NO_SECRET

    @property
    def trusted_checks(self) -> tuple[str, ...]:
        """The same of the trusted ones."""
        return tuple(key.check for key in self._keys[1:])

    def seal(self, purpose: Purpose, context: str, data: bytes) -> bytes:
        """The data behind its seal; as it is where there is no secret."""
        if not self._keys:
            return data
        key = self._keys[0]
        return b"".join((_MAGIC, key.id, key.mac(purpose, context, data), data))

    def open(self, purpose: Purpose, context: str, sealed: bytes) -> bytes:
        """The data of what `seal` gave. BadSeal says what is wrong, as the end of a sentence; it is counted."""
        try:
            return self._opened(purpose, context, sealed)
        except BadSeal:
            refusals.add(purpose)
            raise

    def _opened(self, purpose: Purpose, context: str, sealed: bytes) -> bytes:
        is_sealed = sealed.startswith(_MAGIC)
        if not self._keys:
            if is_sealed:
                raise BadSeal("sealed with a cluster secret, and this process has none: set penstock.secret")
            return sealed
        if not is_sealed or len(sealed) < HEAD_BYTES:
            raise BadSeal("not sealed with the cluster secret")
        at = len(_MAGIC) + _KEY_ID_BYTES
        key = self._key(sealed[len(_MAGIC) : at])
        data = sealed[HEAD_BYTES:]
        if not hmac.compare_digest(key.mac(purpose, context, data), sealed[at:HEAD_BYTES]):
            raise BadSeal("the seal does not fit: the data was changed, or sealed as something else")
        return data

    def may_open(self, head: bytes) -> bool:
        """Whether data that begins so (`HEAD_BYTES` of it) might open: it is sealed, or not, as ours is."""
        at = len(_MAGIC) + _KEY_ID_BYTES
        return head.startswith(_MAGIC) == self.is_signing and (not self._keys or head[len(_MAGIC) : at] in self._by_id)

    def tag(self, purpose: Purpose, context: str, data: bytes) -> str:
        """A seal apart from the data, as text; empty where there is no secret."""
        return self.seal(purpose, context, data)[len(_MAGIC) : HEAD_BYTES].hex() if self._keys else ""

    def check_tag(self, purpose: Purpose, context: str, data: bytes, tag: object) -> None:
        """BadSeal unless `tag` is one that `tag()` gave for just this. Nothing is checked where there is no secret."""
        if not self._keys:
            return
        try:
            seal = bytes.fromhex(tag) if isinstance(tag, str) else b""
        except ValueError:
            seal = b""
        self.open(purpose, context, b"".join((_MAGIC, seal, data)) if seal else b"")

    def entries(self, log_key: str) -> EntrySeal | None:
        """For the entries of one log of the exchange; None where there is no secret."""
        if not self._keys:
            return None
        return EntrySeal(tuple(hmac.digest(key.derived("entry"), log_key.encode(), "sha256") for key in self._keys))

    def checksums(self) -> Checksums:
        """For the files of checkpoints: keyed where there is a secret."""
        if not self._keys:
            return PlainChecksums()
        return KeyedChecksums(tuple((key.id.hex(), key.derived("state")) for key in self._keys))

    def _key(self, id: bytes) -> _Key:
        key = self._by_id.get(id)
        if key is None:
            raise BadSeal(
                f"sealed with another secret (id {id.hex()}, ours is {self.id}): if it may be trusted, add that secret "
                "to penstock.secret.trusted"
            )
        return key


def is_sealed(data: bytes) -> bool:
    """Whether it begins as sealed data does, by whomever."""
    return data.startswith(_MAGIC)


#: of a process without a secret
UNSIGNED = Keyring()


def random_secret() -> str:
    """A new secret, as text."""
    import secrets

    return secrets.token_hex(32)
