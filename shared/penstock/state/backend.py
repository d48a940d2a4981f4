"""Keyed state of an operator in a subtask: what every backend offers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from penstock.datastream.state import ListState, MapState, ValueState
from penstock.state.clock import processing_time
from penstock.state.declarations import Declarations, StateMigrationError
from penstock.state.heap_part import PART_KINDS, HeapPart
from penstock.state.native_form import portable
from penstock.state.no_key import NO_KEY
from penstock.state.portable import MIXED, Group, Source, read_group, state_groups
from penstock.state.snapshot import KeyedSnapshot, RestoredKeyed, RestoredOperator

if TYPE_CHECKING:
    from penstock.common.typeinfo import TypeInformation
    from penstock.state.ttl import Ttl

#: state names -> how to leave expired values out of a snapshot: stored value -> what is left of it, None for nothing
Filters = dict[str, Callable[[Any], Any]]


class KeyedStateBackend(ABC):
    """`key` is the key that state objects refer to; the operator sets it for each record and timer."""

    def __init__(self, max_parallelism: int, clock: Callable[[], int] = processing_time) -> None:
        self.key: Any = NO_KEY
        self.max_parallelism = max_parallelism
        self.clock = clock  #: epoch ms, for the time to live
        self.filters: Filters = {}
        self.on_record: list[Callable[[], None]] = []  #: cleanups that run with every record
        self.declarations = Declarations(clock)
        self._parts: dict[str, HeapPart] = {}

    # -- states ------------------------------------------------------------------------------------------------------

    def declare(
        self, name: str, kind: str, type_info: "TypeInformation | None" = None, ttl: "Ttl | None" = None
    ) -> None:
        """A state is about to be used; what a checkpoint has of it is brought into its form.

        ValueError where its name is in use for another kind or type; StateMigrationError.
        """
        convert = self.declarations.declare(name, kind, type_info, ttl is not None)
        if convert is not None:
            for key, value in self.entries_of(name):
                self.put(name, kind, key, convert(value))

    def register(self, name: str, part: HeapPart) -> None:
        """Take this along in snapshots. In an operator's constructor: before a restore."""
        self._parts[name] = part
        self.declarations.declare(name, part.kind, None, False)

    def clean(self) -> None:
        """Before a record: the cleanups that asked for it."""
        for cleanup in self.on_record:
            cleanup()

    @abstractmethod
    def table(self, name: str, kind: str) -> MutableMapping[Any, Any]:
        """Key -> value of a state. ValueError where the name is in use for another kind of state.

        The same object for the life of the backend, so that operators may use it without going through the backend. A
        value that was changed has to be put again.
        """

    @abstractmethod
    def value_state(self, name: str, kind: str = "value") -> ValueState[Any]: ...

    @abstractmethod
    def list_state(self, name: str) -> ListState[Any]: ...

    @abstractmethod
    def map_state(self, name: str) -> MapState[Any, Any]: ...

    @abstractmethod
    def cleanup(self, name: str, kind: str, ttl: "Ttl") -> Callable[[], None] | None:
        """What to call with every access to a state so that expired values go; None: nothing."""

    # -- contents ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def names(self) -> list[str]:
        """The states that the backend itself keeps, without the registered parts."""

    @abstractmethod
    def entries_of(self, name: str) -> Iterable[tuple[Any, Any]]:
        """(key, value) of a state, which may be put meanwhile; a list state's value is a list, a map state's a dict."""

    @abstractmethod
    def put(self, name: str, kind: str, key: Any, value: Any) -> None:
        """The inverse, for one of them."""

    def entries(self) -> Iterable[tuple[str, Any, Any]]:
        """(state name, key, value) of all states."""
        for name in self.names():
            for key, value in self.entries_of(name):
                yield name, key, value

    def filtered(self, name: str) -> Iterable[tuple[Any, Any]]:
        """`entries_of` without what has expired, where the state asks for that in snapshots."""
        left_of = self.filters.get(name)
        if left_of is None:
            return self.entries_of(name)
        return ((key, left) for key, value in self.entries_of(name) if (left := left_of(value)) is not None)

    def close(self) -> None:  # noqa: B027 (most have nothing to free)
        """Free what is outside of memory."""

    def groups_of(self, name: str, keys: Sequence[Any]) -> list[int]:
        """The key groups with what a state has of these keys."""
        return state_groups(name, keys, self.max_parallelism)

    def part_sources(self) -> list[Source]:
        """The registered parts."""
        return [Source(name, part.entries(), made=len(part)) for name, part in self._parts.items()]

    # -- checkpoints -------------------------------------------------------------------------------------------------

    @abstractmethod
    def snapshot(self) -> KeyedSnapshot:
        """All state as of now. StateNotPicklable, here or when the snapshot is read."""

    def restore(self, restored: RestoredOperator) -> None:
        """Before the first record: take what of all former subtasks is in the owned key groups. StateMigrationError."""
        parts: dict[str, list[tuple[Any, Any]]] = {}
        for former in restored.keyed:
            for name, meta in former.states.items():
                self.declarations.restored(name, meta)
            self.take(former, restored.owned, parts)
        for name, entries in parts.items():
            if name not in self._parts:
                kind = self.declarations.kind(name)
                raise StateMigrationError(
                    f"operator {self.declarations.operator!r} has {len(entries)} {kind} in the checkpoint, and is now "
                    "of a kind that has none: give it another uid to begin with it empty, or make it what it was"
                )
            self._parts[name].restore(entries)

    def take(self, former: RestoredKeyed, owned: range, parts: dict[str, list[tuple[Any, Any]]]) -> None:
        """The states of one former subtask; entries of registered parts are added to `parts` by name."""
        groups = former.groups
        if groups is None:
            assert former.native is not None
            groups = portable(former.native, former.states)
        is_ours = owned.start <= former.start < former.stop <= owned.stop
        for group, state in groups:
            if group in owned:
                self.take_found(read_group(state), parts)
            elif group == MIXED:
                found = read_group(state)
                self.take_found(found if is_ours else self._within(owned, found), parts)

    def _within(self, owned: range, found: Group) -> Group:
        left = {}
        for name, entries in found.items():
            groups = self.groups_of(name, [key for key, _ in entries])
            left[name] = [entry for group, entry in zip(groups, entries, strict=True) if group in owned]
        return {name: entries for name, entries in left.items() if entries}

    def take_found(self, found: Group, parts: dict[str, list[tuple[Any, Any]]]) -> None:
        """The same of a key group or a piece."""
        for name in list(found):
            if name in self._parts or self.declarations.kind(name) in PART_KINDS:
                parts.setdefault(name, []).extend(found.pop(name))
        self.take_states(found)

    def take_states(self, found: Group) -> None:
        """The same of states that the backend keeps; it has nothing yet of their keys."""
        for name, entries in found.items():
            kind = self.declarations.kind(name)
            for key, value in entries:
                self.put(name, kind, key, value)
