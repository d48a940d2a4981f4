"""What operators give to a checkpoint and get back from one: values between the runtime and the operators, no storage.

The synchronous part of a checkpoint makes an `OperatorSnapshot` of each operator, with the task standing still; its
keyed part is written out later by another thread while the task goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from penstock.checkpoint.handles import Redistribution, StateMeta


@dataclass(frozen=True, slots=True)
class NativeFiles:
    """Files in the backend's own format, in a local folder of their own that `KeyedSnapshot.release` removes.

    `shared`: names of files that never change once they are there: a checkpoint that has one by that name already
    need not upload it; the rest of the folder belongs to this checkpoint alone.
    """

    backend: str
    folder: Path
    shared: frozenset[str]


class KeyedSnapshot(Protocol):
    """Keyed state as it was at the barrier. Used by one thread, and released once."""

    states: Mapping[str, StateMeta]

    def groups(self) -> Iterator[tuple[int, bytes]]:
        """The portable form: (key group, its state), pickled, or (MIXED, a piece). The same whatever the backend."""

    def native(self) -> NativeFiles | None:
        """The backend's own form, where it has one: for checkpoints that are not savepoints."""

    def release(self) -> None:
        """Free what the snapshot holds. Also after an error, and where it was never read."""


@dataclass(frozen=True, slots=True)
class ListSnapshot:
    """Operator state by name. The items are picklable, and no longer changed by the operator."""

    redistribution: Redistribution
    items: Sequence[Any]
    meta: StateMeta | None = None


@dataclass(slots=True)
class OperatorSnapshot:
    """All state of an operator of one subtask. Empty: it has none."""

    keyed: KeyedSnapshot | None = None
    lists: dict[str, ListSnapshot] = field(default_factory=dict)

    def release(self) -> None:
        """Free what the keyed part holds."""
        if self.keyed is not None:
            self.keyed.release()


@dataclass(frozen=True, slots=True)
class RestoredKeyed:
    """Keyed state of one former subtask: its key groups that are the new one's too, or pieces that mix all it had. One
    of `groups` and `native`.

    `groups`: (key group, its state) or (MIXED, a piece) in the portable form, read as they are asked for.
    """

    states: Mapping[str, StateMeta]
    groups: Iterator[tuple[int, bytes]] | None = None
    native: NativeFiles | None = None
    start: int = 0  #: key groups that the former subtask had
    stop: int = 0


@dataclass(slots=True)
class RestoredOperator:
    """What an operator of a new subtask begins with. `owned`: its key groups. `lists`: spread over the subtasks.

    `subtasks`: how many former subtasks had the operator; 0 where the checkpoint knows nothing of it.
    """

    owned: range
    keyed: list[RestoredKeyed] = field(default_factory=list)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    list_states: dict[str, StateMeta] = field(default_factory=dict)
    subtasks: int = 0
