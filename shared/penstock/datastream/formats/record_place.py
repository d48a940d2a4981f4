"""Where in a file a record is, for who has to find it."""

from penstock.datastream.connectors.file_system.compression import open_file

_BLOCK = 1024 * 1024


def place(path: str, offset: int) -> str:
    """`path, line N (byte M)`; the lines are counted only now that somebody wants to know."""
    lines, left = 1, offset
    with open_file(path) as file:
        previous = b""
        while left > 0 and (block := file.read(min(left, _BLOCK))):
            left -= len(block)
            lines += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
            lines -= previous == b"\r" and block[:1] == b"\n"
            previous = block[-1:]
    return f"{path}, line {lines} (byte {offset})"
