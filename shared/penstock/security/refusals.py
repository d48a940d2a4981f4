"""Refusals: how often this process was handed something that is not sealed with the cluster secret, by what it was."""

import os
import threading
from collections import Counter
from typing import get_args

from penstock.security.purpose import Purpose

#: in the order of their numbers in the pipe
KINDS: tuple[Purpose, ...] = get_args(Purpose)


class Refusals:
    """Of one process, and of its children once it `gathers`: they are too short-lived to be asked. Thread-safe.

    A child tells by a byte in a pipe, which survives that it is killed; what 64 KiB of them unread leave no room for is
    not counted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Purpose] = Counter()
        self._pipe: tuple[int, int] | None = None
        self._gatherer = 0

    def gather(self) -> None:
        """From now on also what children refuse that are forked later."""
        self._pipe, self._gatherer = os.pipe(), os.getpid()
        for end in self._pipe:
            os.set_blocking(end, False)

    def add(self, kind: Purpose) -> None:
        """One more."""
        if self._pipe is not None and os.getpid() != self._gatherer:
            try:
                os.write(self._pipe[1], bytes((KINDS.index(kind),)))
            except OSError:
                return  # full, or nobody is left to be told
        else:
            with self._lock:
                self._counts[kind] += 1

    def counts(self) -> dict[str, int]:
        """By kind, all of them, since the process began."""
        with self._lock:
            self._drain()
            return {kind: self._counts[kind] for kind in KINDS}

    def _drain(self) -> None:
        if self._pipe is None or os.getpid() != self._gatherer:
            return
        try:
            while told := os.read(self._pipe[0], 4096):
                self._counts.update(KINDS[number] for number in told if number < len(KINDS))
        except BlockingIOError:
            return


#: of this process
refusals = Refusals()
