"""Whole Redis requests out of the bytes that a client sends."""


class RequestReader:
    """RESP arrays of bulk strings; bytes that are none (the middle of a request, after a late start) are skipped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The requests that are complete now, each with its framing."""
        data = self._rest + data
        found: list[bytes] = []
        at = 0
        while (at := data.find(b"*", at)) >= 0:
            end = _end(data, at)
            if end is None:
                break
            if end:
                found.append(data[at:end])
            at = end or at + 1
        self._rest = data[at:] if at >= 0 else b""
        return found


def _end(data: bytes, at: int) -> int | None:
    """Where the request that begins there ends; None: it is not complete; 0: it is none."""
    count, at = _number(data, at, b"*")
    if count is None:
        return at and None
    for _ in range(count):
        length, at = _number(data, at, b"$")
        if length is None:
            return at and None
        at += length + 2
    return at if at <= len(data) else None


def _number(data: bytes, at: int, mark: bytes) -> tuple[int | None, int]:
    """(number, where it ends); (None, 1): not complete; (None, 0): nothing of the kind."""
    if at >= len(data):
        return None, 1
    if data[at : at + 1] != mark:
        return None, 0
    end = data.find(b"\r\n", at, at + 24)
    digits = data[at + 1 : at + 24 if end < 0 else end].rstrip(b"\r")
    if not digits.isdigit() and digits:
        return None, 0
    if end < 0:
        return None, 0 if len(digits) > 20 else 1
    return (int(digits), end + 2) if digits else (None, 0)
