"""ReadCache: what was read from Redis stays good for 200 ms, so that many onlookers cost no more than one."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")

LIFETIME = 0.2  #: seconds


class ReadCache:
    """Thread-safe. Failures are not kept; neither is anything beyond `lifetime` (seconds)."""

    def __init__(self, lifetime: float = LIFETIME, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime, self._clock = lifetime, clock
        self._lock = threading.Lock()
        self._entries: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        """The value read at most `lifetime` ago, else a new one."""
        now = self._clock()
        with self._lock:
            found = self._entries.get(key)
        if found is not None and now - found[0] < self._lifetime:
            return cast("T", found[1])
        value = load()
        with self._lock:
            self._entries = {k: e for k, e in self._entries.items() if now - e[0] < self._lifetime}
            self._entries[key] = (now, value)
        return value

    def clear(self) -> None:
        """Forget everything: this replica has just written."""
        with self._lock:
            self._entries.clear()
