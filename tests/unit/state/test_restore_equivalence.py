"""Whatever was done before and after a snapshot: what is restored from it is the state at its moment."""

import copy
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.common.typeinfo import Types
from penstock.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from penstock.graph.key_groups import key_group_range
from penstock.state import heap_snapshot
from penstock.state.backend import KeyedStateBackend
from penstock.state.handover import hand_over
from penstock.state.snapshot import NativeFiles, OperatorSnapshot, RestoredKeyed, RestoredOperator
from penstock.state.timer_service import KeyedTimerService
from tests.unit.state.backends import backend_of, content, context_of

ANY = Types.PICKLED_BYTE_ARRAY()
keys = st.one_of(st.sampled_from("abc"), st.integers(0, 9), st.tuples(st.integers(0, 2), st.text(max_size=2)))
values = st.one_of(st.integers(), st.lists(st.integers(0, 9), min_size=1, max_size=3), st.text(max_size=3))
operations = st.lists(
    st.tuples(
        keys,
        st.sampled_from(
            ["update", "change", "clear", "add", "list", "put", "remove", "reduce", "timer", "delete", "fire"]
        ),
        values,
        st.integers(0, 5),
    ),
    max_size=30,
)


class Program:
    """What an operator would do with its state."""

    def __init__(self, backend: KeyedStateBackend, restored: RestoredOperator | None = None) -> None:
        self.backend = backend
        context = context_of(backend)
        self.timers = KeyedTimerService(backend)
        if restored is not None:
            backend.restore(restored)
        self.value = context.get_state(ValueStateDescriptor("value", ANY))
        self.list = context.get_list_state(ListStateDescriptor("list", ANY))
        self.map = context.get_map_state(MapStateDescriptor("map", Types.INT(), ANY))
        self.total = context.get_reducing_state(ReducingStateDescriptor("total", lambda a, b: a + b, Types.LONG()))

    def run(self, work: list[tuple[Any, str, Any, int]]) -> None:
        for key, what, value, number in work:
            self.backend.key = key
            match what:
                case "update":
                    self.value.update(copy.deepcopy(value))
                case "change":
                    held = self.value.value()
                    if isinstance(held, list):
                        held.append(number)
                        self.value.update(held)
                case "clear":
                    (self.value, self.list, self.map, self.total)[number % 4].clear()
                case "add":
                    self.list.add(value)
                case "list":
                    self.list.update([value] * number)
                case "put":
                    self.map.put(number, value)
                case "remove":
                    self.map.remove(number)
                case "reduce":
                    self.total.add(number)
                case "timer":
                    self.timers.register_event_time_timer(number)
                    self.timers.register_processing_time_timer(number + 1)
                case "delete":
                    self.timers.delete_event_time_timer(number)
                case "fire":
                    self.timers.event_time.pop_due(number)

    def state(self) -> dict[Any, Any]:
        # an empty list is no list on RocksDB, and on the hash map no difference to its user
        return copy.deepcopy({at: held for at, held in content(self.backend).items() if held != []})

    def due(self) -> list[Any]:
        """Takes the timers out."""
        taken = []
        for queue in (self.timers.event_time, self.timers.processing_time):
            while (due := queue.pop_due(9)) is not None:
                taken.append(due)
        return taken


arguments = {
    "before": operations,
    "after": operations,
    "forks": st.booleans(),
    "parallelism": st.integers(1, 3),
    "more": operations,
}


@given(**arguments)
@settings(max_examples=60, deadline=None)
def test_a_restore_is_the_state_at_the_snapshot(**drawn: Any) -> None:
    check("portable", "hashmap", "hashmap", **drawn)


# databases are opened in tens of ms: fewer examples
@pytest.mark.parametrize(
    ("way", "source", "target"),
    [
        ("portable", "hashmap", "rocksdb"),
        ("portable", "rocksdb", "hashmap"),
        ("native", "rocksdb", "hashmap"),
        ("native", "rocksdb", "rocksdb"),
    ],
)
@given(**arguments)
@settings(max_examples=10, deadline=None)
def test_a_restore_over_rocksdb_is_the_state_at_the_snapshot(way: str, source: str, target: str, **drawn: Any) -> None:
    pytest.importorskip("rocksdict")
    check(way, source, target, **drawn)


def check(
    way: str, source: str, target: str, before: Any, after: Any, forks: bool, parallelism: int, more: Any
) -> None:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(heap_snapshot, "AT_ONCE_ENTRIES", 0 if forks else 10_000)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        old = Program(stack.enter_context(backend_of(source)))
        old.run(before)
        snapshot = old.backend.snapshot()
        stack.callback(snapshot.release)
        state = old.state()
        old.run(after)
        files = snapshot.native() if way == "native" else None
        parts = []
        for subtask in range(parallelism):
            restored = _from_files(files, snapshot.states, folder / str(subtask), subtask, parallelism)
            if restored is None:
                restored = hand_over([OperatorSnapshot(snapshot)], subtask, parallelism, 128)
            parts.append(Program(stack.enter_context(backend_of(target)), restored))
        found: dict[Any, Any] = {}
        for part in parts:
            assert not found.keys() & part.state().keys()
            found.update(part.state())
        assert found == state
        if parallelism == 1:
            # it goes on as the other one would have
            steady = Program(stack.enter_context(backend_of("hashmap")))
            steady.run(before)
            steady.run(more)
            parts[0].run(more)
            assert parts[0].state() == steady.state() and parts[0].due() == steady.due()


def _from_files(
    files: NativeFiles | None, states: Any, target: Path, subtask: int, parallelism: int
) -> RestoredOperator | None:
    if files is None:
        return None
    shutil.copytree(files.folder, target)
    copied = NativeFiles(files.backend, target, files.shared)
    owned = key_group_range(subtask, parallelism, 128)
    return RestoredOperator(owned, [RestoredKeyed(states, native=copied, start=0, stop=128)], subtasks=1)
