"""The order of asynchronous results. Pure: records and controls go in, what may go out comes out."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any


class Entry:
    """A record under way. `results` None: not there yet."""

    __slots__ = ("attempts", "results", "timestamp", "value")

    def __init__(self, value: Any, timestamp: int | None) -> None:
        self.value, self.timestamp = value, timestamp
        self.results: list[Any] | None = None
        self.attempts = 1


#: a watermark or status that waits for the records before it
Control = Callable[[], None]


class ElementQueue(ABC):
    """`ready` gives, in order, what may go out now, and forgets it."""

    @abstractmethod
    def __len__(self) -> int:
        """Records and controls that have not gone out."""

    @abstractmethod
    def entries(self) -> list[Entry]:
        """The records that have not gone out."""

    @abstractmethod
    def add(self, entry: Entry) -> None: ...

    @abstractmethod
    def control(self, control: Control) -> None:
        """To go out behind all that was added before, and before all that is added later."""

    @abstractmethod
    def completed(self, entry: Entry) -> None:
        """The entry's results are there."""

    @abstractmethod
    def ready(self) -> Iterator[Entry | Control]: ...


class OrderedQueue(ElementQueue):
    """In the order of the records."""

    def __init__(self) -> None:
        self._elements: deque[Entry | Control] = deque()

    def __len__(self) -> int:
        return len(self._elements)

    def entries(self) -> list[Entry]:
        return [e for e in self._elements if isinstance(e, Entry)]

    def add(self, entry: Entry) -> None:
        self._elements.append(entry)

    def control(self, control: Control) -> None:
        self._elements.append(control)

    def completed(self, entry: Entry) -> None:
        """It waits for those before it."""

    def ready(self) -> Iterator[Entry | Control]:
        while self._elements:
            first = self._elements[0]
            if isinstance(first, Entry) and first.results is None:
                return
            yield self._elements.popleft()


class _Segment:
    """The records between two controls."""

    __slots__ = ("control", "done", "waiting")

    def __init__(self) -> None:
        self.waiting: set[Entry] = set()
        self.done: deque[Entry] = deque()
        self.control: Control | None = None  #: what ends the segment


class UnorderedQueue(ElementQueue):
    """In the order of completion, but nothing overtakes a control."""

    def __init__(self) -> None:
        self._segments: deque[_Segment] = deque([_Segment()])
        self._segment_of: dict[Entry, _Segment] = {}
        self._controls = 0

    def __len__(self) -> int:
        return len(self._segment_of) + self._controls

    def entries(self) -> list[Entry]:
        return list(self._segment_of)

    def add(self, entry: Entry) -> None:
        last = self._segments[-1]
        last.waiting.add(entry)
        self._segment_of[entry] = last

    def control(self, control: Control) -> None:
        self._segments[-1].control = control
        self._segments.append(_Segment())
        self._controls += 1

    def completed(self, entry: Entry) -> None:
        segment = self._segment_of[entry]
        segment.waiting.remove(entry)
        segment.done.append(entry)

    def ready(self) -> Iterator[Entry | Control]:
        while True:
            first = self._segments[0]
            while first.done:
                entry = first.done.popleft()
                del self._segment_of[entry]
                yield entry
            if first.waiting or first.control is None:
                return
            self._segments.popleft()
            self._controls -= 1
            yield first.control
