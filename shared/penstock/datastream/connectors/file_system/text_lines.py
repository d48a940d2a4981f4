"""Lines of text out of ranges of bytes. A line ends with \\n, \\r\\n or \\r, as Flink's text line format has it."""

import codecs
from typing import BinaryIO

_SCAN = 4096  #: bytes looked through first for the end of a line, then ever more
_LONGEST_SCAN = 1024 * 1024


def is_line_based(charset: str) -> bool:
    """Whether line ends can be found in the bytes: they are ASCII, and no other character contains them."""
    ends = "\r\n"
    return ends.encode(charset) == ends.encode("ascii") and codecs.lookup(charset).name != "utf-7"


def line_start(file: BinaryIO, position: int, size: int) -> int:
    """Where the first line begins that begins at or after `position`; `size` where there is none."""
    if position == 0 or position >= size:
        return min(position, size)
    at, scan = position - 1, _SCAN
    while at < size:
        file.seek(at)
        block = file.read(min(scan, size - at))
        if not block:
            return size  # the file has become shorter
        ends = [i for i in (block.find(b"\n"), block.find(b"\r")) if i >= 0]
        if not ends:
            at += len(block)
            scan = min(scan * 2, _LONGEST_SCAN)
            continue
        end = at + min(ends)
        file.seek(end)
        return end + (2 if file.read(2) == b"\r\n" else 1)
    return size


def split_lines(data: bytes, charset: str) -> list[str]:
    """The lines of whole lines; what the charset cannot decode becomes U+FFFD, as in Java."""
    text = data.decode(charset, "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    # what is behind the last end of a line is no line of its own
    if not lines[-1]:
        lines.pop()
    return lines


def length_of_lines(data: bytes, count: int) -> int:
    """The bytes of the first `count` lines, their ends included."""
    return sum(len(line) for line in data.splitlines(keepends=True)[:count])
