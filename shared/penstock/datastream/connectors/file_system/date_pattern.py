"""Java's date patterns (`yyyy-MM-dd--HH`), as far as folder names need them.

Source: `java.time.format.DateTimeFormatter`.
"""

import re
from collections.abc import Callable
from datetime import datetime

_TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'")


def date_pattern(pattern: str) -> Callable[[datetime], str]:
    """Formats by the pattern. ValueError names letters that are not known."""
    parts = [_part(pattern, m.group()) for m in _TOKEN.finditer(pattern)]
    return lambda moment: "".join([part(moment) for part in parts])


def _part(pattern: str, token: str) -> Callable[[datetime], str]:
    if token.startswith("'"):
        if len(token) < 2:
            raise ValueError(f"date pattern {pattern!r} ends within a quotation")
        text = token[1:-1].replace("''", "'") or "'"
        return lambda moment: text
    if not token[0].isalpha():
        return lambda moment: token
    letter, width = token[0], len(token)
    if letter in _NUMBERS:
        number = _NUMBERS[letter]
        if letter in "yu" and width == 2:
            return lambda moment: f"{number(moment) % 100:02d}"
        if letter == "M" and width >= 3:
            return lambda moment: moment.strftime("%b" if width == 3 else "%B")
        return lambda moment: str(number(moment)).zfill(width)
    if letter == "S":
        return lambda moment: f"{moment.microsecond:06d}000"[:width].ljust(width, "0")
    if letter in "Ea":
        return lambda moment: moment.strftime("%p" if letter == "a" else "%a" if width <= 3 else "%A")
    raise ValueError(f"date pattern {pattern!r}: {token!r} is not known; y, M, d, H, h, m, s, S, D, E and a are")


_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "y": lambda moment: moment.year,
    "u": lambda moment: moment.year,
    "M": lambda moment: moment.month,
    "d": lambda moment: moment.day,
    "D": lambda moment: moment.timetuple().tm_yday,
    "H": lambda moment: moment.hour,
    "h": lambda moment: (moment.hour - 1) % 12 + 1,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
}
