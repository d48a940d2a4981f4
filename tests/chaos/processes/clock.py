"""A process whose wall clock is wrong: libfaketime, where it is installed."""

import os
from pathlib import Path

_PLACES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib64/faketime/libfaketime.so.1",
    "/usr/lib/faketime/libfaketime.so.1",
)


def library() -> str | None:
    """Where it is: `LIBFAKETIME`, else where distributions put it."""
    places = (os.environ.get("LIBFAKETIME", ""), *_PLACES)
    return next((place for place in places if place and Path(place).exists()), None)


def environment(seconds: float) -> dict[str, str]:
    """For a process that is so much ahead. Its monotonic clock is left alone, as an administrator would."""
    path = library()
    assert path is not None, "no libfaketime: apt install libfaketime"
    return {
        "LD_PRELOAD": path,
        "FAKETIME": f"{seconds:+g}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
