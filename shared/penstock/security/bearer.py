"""Bearer: the token of a cluster's REST API, as requests carry it (RFC 6750)."""

import hashlib
import hmac


class Bearer:
    """Knows the token's hash only."""

    def __init__(self, token: str) -> None:
        self._hash = hashlib.sha256(token.encode()).digest()

    def accepts(self, authorization: bytes | None) -> bool:
        """Whether the header has the token. Takes as long whatever is wrong with it."""
        scheme, _, token = (authorization or b"").strip().partition(b" ")
        fits = hmac.compare_digest(hashlib.sha256(token.strip()).digest(), self._hash)
        return fits and scheme.lower() == b"bearer"

    @staticmethod
    def challenge(was_wrong: bool) -> dict[str, str]:
        """The headers of a 401."""
        return {"WWW-Authenticate": 'Bearer realm="penstock"' + (', error="invalid_token"' if was_wrong else "")}
