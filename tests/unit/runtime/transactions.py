"""Sources that a test paces, and a sink that commits in two phases and refuses to commit twice."""

from collections.abc import Sequence
from typing import Any, ClassVar

from penstock.operators.specs import ReaderContext, WriterContext
from tests.job_builder import ListReader, ListSource

#: name of a sink -> transaction id -> its values, in the order of commits
COMMITTED: dict[str, dict[Any, list[Any]]] = {}
#: name of a job -> what its functions still have to raise at. Used as an attribute of this module: functions travel
#: with copies of what they refer to by name
FAILURES: dict[str, list[Any]] = {}


class CountingSink:
    """Commits into `COMMITTED`. A transaction is (subtask, number); numbers go on over restores."""

    def __init__(self, name: str) -> None:
        self.name = name
        COMMITTED[name] = {}

    def create_writer(self, context: WriterContext) -> "CountingWriter":
        return CountingWriter(context)

    def commit(self, committables: Sequence[Any]) -> None:
        for transaction, values in committables:
            known = COMMITTED[self.name].setdefault(transaction, values)
            assert known == values, f"{transaction} was committed with other values"


class CountingWriter:
    def __init__(self, context: WriterContext) -> None:
        self._subtask = context.subtask
        self._number = max((n for subtask, n in context.restored if subtask == context.subtask), default=0)
        self._values: list[Any] = []

    def write(self, values: Sequence[Any]) -> None:
        self._values += values

    def flush(self) -> None:
        pass

    def prepare_commit(self) -> list[Any]:
        self._number += 1
        values, self._values = self._values, []
        return [((self._subtask, self._number), values)]

    def snapshot(self) -> list[Any]:
        return [(self._subtask, self._number)]

    def close(self) -> None:
        pass


def committed(name: str) -> list[Any]:
    return [v for values in COMMITTED[name].values() for v in values]


class PacedReader(ListReader):
    """Gives no more than `allowed` values in all."""

    def __init__(self, pace: "Pace") -> None:
        super().__init__()
        self._pace = pace

    def poll(self, max_records: int) -> list[Any] | None:
        if not self._values:
            return None if self._pace.may_end else []
        n = min(max_records, self._pace.most, self._pace.allowed)
        self._pace.allowed -= n
        taken, self._values = self._values[:n], self._values[n:]
        return taken


class Pace:
    """Shared by the readers of a name."""

    of: ClassVar[dict[str, "Pace"]] = {}

    def __init__(self, allowed: int = 1 << 40, most: int = 1 << 40, may_end: bool = True) -> None:
        self.allowed, self.most, self.may_end = allowed, most, may_end


class PacedSource(ListSource):
    """`Pace.of[name]` says how far it may go."""

    def __init__(self, values: Sequence[Any], name: str) -> None:
        super().__init__(values)
        self._name = name

    def create_reader(self, context: ReaderContext) -> ListReader:
        return PacedReader(Pace.of[self._name])


#: not empty: asynchronous calls may answer
OPEN: list[bool] = []
