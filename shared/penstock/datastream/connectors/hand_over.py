"""Records from a thread that may block to a reader's `poll`, which must not."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class HandOver(Generic[T]):
    """A bounded queue with an end or an error behind its last item. `wake`: the context's of the reader."""

    def __init__(self, bound: int, wake: Callable[[], None]) -> None:
        self._bound, self._wake = bound, wake
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._end: Exception | bool = False
        self._closed = False

    # -- the thread's ------------------------------------------------------------------------------------------------

    def put(self, items: Sequence[T]) -> bool:
        """Waits while the queue is at its bound. False: nobody wants them any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._items) < self._bound)
            if self._closed:
                return False
            was_empty = not self._items
            self._items.extend(items)
        if was_empty and items:
            self._wake()
        return True

    def end(self, error: Exception | None = None) -> None:
        """There are no more items, or none because of an error."""
        with self._changed:
            self._end = True if error is None else error
        self._wake()

    def sleep(self, seconds: float) -> bool:
        """Wait that long; False at once where nobody wants items any more."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._closed, seconds)

    @property
    def is_closed(self) -> bool:
        return self._closed

    # -- the reader's ------------------------------------------------------------------------------------------------

    def take(self, most: int) -> list[T] | None:
        """At most that many; [] for none just now; None behind the end. Raises the error in its place."""
        with self._changed:
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            self._changed.notify_all()
            if taken or self._end is False:
                return taken
            end = self._end
        if isinstance(end, Exception):
            raise end
        return None

    def close(self) -> None:
        """The thread is to end."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()
