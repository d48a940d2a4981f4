"""Compression of state (`execution.checkpointing.snapshot-compression`)."""

import zlib

from penstock.checkpoint.handles import Compression


def compress(data: bytes, how: Compression) -> bytes:
    """Fast rather than small."""
    return zlib.compress(data, 1) if how == "zlib" else data


def decompress(data: bytes, how: Compression) -> bytes:
    """The reverse of `compress`."""
    return zlib.decompress(data) if how == "zlib" else data
