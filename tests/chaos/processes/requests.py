"""Whole Redis requests out of the bytes that a client sends."""


class RequestReader:
    """RESP arrays of bulk strings; bytes that are none (the middle of a request, after a late start) are skipped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The requests that are complete now, each with its framing."""
        self._rest += data
        found: list[bytes] = []
        while self._rest:
            start = self._rest.find(b"*")
            if start < 0:
                self._rest = b""
                break
            self._rest = self._rest[start:]
            end = _end(self._rest)
            if end is None:
                break
            if end:
                found.append(self._rest[:end])
            self._rest = self._rest[end or 1 :]
        return found


def _end(data: bytes) -> int | None:
    """Where the request at the beginning ends; None: it is not complete; 0: it is none."""
    count, at = _number(data, 0, b"*")
    if count is None:
        return at and None
    for _ in range(count):
        length, begin = _number(data, at, b"$")
        if length is None:
            return begin and None
        at = begin + length + 2
    return at if at <= len(data) else None


def _number(data: bytes, at: int, mark: bytes) -> tuple[int | None, int]:
    """(number, where it ends); (None, 1): not complete; (None, 0): nothing of the kind."""
    if at >= len(data):
        return None, 1
    if data[at : at + 1] != mark:
        return None, 0
    end = data.find(b"\r\n", at)
    if end < 0:
        return None, 1 if data[at + 1 :].isdigit() or at + 1 == len(data) or data[-1:] == b"\r" else 0
    digits = data[at + 1 : end]
    return (int(digits), end + 2) if digits.isdigit() else (None, 0)
