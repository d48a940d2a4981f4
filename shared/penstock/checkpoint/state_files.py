"""Writing what one subtask has in a checkpoint: one state file, or nothing but handles where it is small.

Runs in the upload thread, beside the task.
"""

import contextlib
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from penstock.checkpoint import locations, names
from penstock.checkpoint.compression import compress
from penstock.checkpoint.errors import CheckpointStorageError
from penstock.checkpoint.handles import (
    FileHandle,
    IncrementalHandle,
    InlineHandle,
    KeyedHandle,
    ListHandle,
    OperatorHandle,
    PiecedHandle,
    SharedFile,
    StateMeta,
    SubtaskState,
)
from penstock.checkpoint.incremental import NativeUpload, write_own
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.sections import Section, SectionWriter
from penstock.checkpoint.state_pickling import dump_items
from penstock.checkpoint.storage import CheckpointStorage
from penstock.state.portable import MIXED
from penstock.state.snapshot import KeyedSnapshot, ListSnapshot, NativeFiles, OperatorSnapshot

_log = structlog.get_logger(__name__)


def write_subtask_state(
    storage: CheckpointStorage,
    options: CheckpointOptions,
    checkpoint: int,
    vertex: str,
    subtask: int,
    attempt: int,
    operators: Mapping[str, OperatorSnapshot],
    channels: bytes | None = None,
    ended: bool = False,
    threshold: int = 0,
    base: SubtaskState | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    key_groups: range = range(0),
    names_of: Mapping[str, str] | None = None,
) -> SubtaskState:
    """What the subtask acknowledges. All snapshots are released, whatever happens.

    operators: by operator id.
    threshold: bytes up to which everything stands in the handles, and no file is made.
    base: what this subtask acknowledged for an earlier checkpoint of this job that is COMPLETED and will not be
        discarded before this one is decided; None: everything is uploaded.
    cancelled: asked at least once a megabyte.
    key_groups: that the subtask owns.
    names_of: operator id -> name, for messages.
    Raises SnapshotCancelled, StateNotSerializable (it names operator and state), CheckpointStorageError; what was
    written is removed then.
    """
    path = locations.join(options.directory, names.state_file(vertex, subtask, attempt))
    writer = SectionWriter(storage, path, threshold, cancelled)
    written: list[str] = []
    try:
        parts = {
            operator: _Part(
                storage, options, checkpoint, key_groups, writer, _known(base, operator), cancelled, written
            )
            for operator in operators
        }
        for operator, snapshot in operators.items():
            parts[operator].write((names_of or {}).get(operator, operator), snapshot)
        section = _write(writer, channels) if channels is not None else None
        writer.commit()
    except BaseException:
        _remove(storage, writer, written)
        raise
    finally:
        for operator, snapshot in operators.items():
            _release(operator, snapshot)
    handles = {operator: part.handle() for operator, part in parts.items()}
    found = {operator: handle for operator, handle in handles.items() if handle != OperatorHandle()}
    shared_bytes = sum(part.shared_bytes for part in parts.values())
    return SubtaskState(
        operators=found,
        channels=None if section is None else writer.handle(section),
        ended=ended,
        size=writer.position + shared_bytes,
        new_bytes=writer.position + sum(part.new_bytes for part in parts.values()),
    )


class _Part:
    """One operator's part: written first, then turned into handles, once it is known where everything is."""

    def __init__(
        self,
        storage: CheckpointStorage,
        options: CheckpointOptions,
        checkpoint: int,
        key_groups: range,
        writer: SectionWriter,
        base: IncrementalHandle | None,
        cancelled: Callable[[], bool],
        written: list[str],
    ) -> None:
        self._storage, self._options, self._checkpoint = storage, options, checkpoint
        self._key_groups, self._writer, self._base = key_groups, writer, base
        self._cancelled, self._written = cancelled, written
        self._keyed: Callable[[], KeyedHandle | IncrementalHandle] | None = None
        self._lists: dict[str, tuple[ListSnapshot, Section]] = {}
        self.shared_bytes = self.new_bytes = 0

    def write(self, operator: str, snapshot: OperatorSnapshot) -> None:
        if snapshot.keyed is not None:
            native = None if self._options.savepoint or self._options.full else snapshot.keyed.native()
            self._keyed = self._portable(snapshot.keyed) if native is None else self._native(snapshot.keyed, native)
        for name, state in snapshot.lists.items():
            data = compress(dump_items(operator, name, state.items), self._storage.compression)
            self._lists[name] = state, _write(self._writer, data)

    def handle(self) -> OperatorHandle:
        how = self._storage.compression
        lists = {
            name: ListHandle(
                redistribution=state.redistribution,
                handle=self._writer.handle(section),
                items=len(state.items),
                compression=how,
            )
            for name, (state, section) in self._lists.items()
        }
        metas: dict[str, StateMeta] = {name: s.meta for name, (s, _) in self._lists.items() if s.meta is not None}
        return OperatorHandle(keyed=self._keyed() if self._keyed else None, lists=lists, states=metas)

    def _portable(self, keyed: KeyedSnapshot) -> Callable[[], KeyedHandle]:
        writer, how = self._writer, self._storage.compression
        groups: dict[int, tuple[int, int, int]] = {}
        pieces: list[tuple[int, int, int]] = []
        writer.begin()
        start = writer.position
        for group, state in keyed.groups():
            writer.check()
            data = compress(state, how)
            place = writer.position - start, len(data), self._storage.checksums.group(data)
            if group == MIXED:
                pieces.append(place)
            else:
                groups[group] = place
            writer.write(data)
        section = writer.end()
        owned = self._owned(groups)
        make = partial(PiecedHandle, pieces=tuple(pieces)) if pieces else KeyedHandle
        return lambda: make(
            start=owned.start,
            stop=owned.stop,
            handle=writer.handle(section),
            groups=groups,
            states=dict(keyed.states),
            compression=how,
        )

    def _owned(self, groups: Mapping[int, object]) -> range:
        if self._key_groups or not groups:
            return self._key_groups
        return range(min(groups), max(groups) + 1)

    def _native(self, keyed: KeyedSnapshot, files: NativeFiles) -> Callable[[], IncrementalHandle]:
        base = self._base if self._base and self._base.backend == files.backend else None
        upload = NativeUpload(self._storage, self._options.directory, self._checkpoint, base, self._cancelled)
        try:
            shared = upload.shared(files)
        finally:
            self._written += upload.written
        own = write_own(files, self._writer)
        self.shared_bytes = sum(file.handle.size for file in shared)
        self.new_bytes = upload.new_bytes
        return lambda: IncrementalHandle(
            backend=files.backend,
            start=self._key_groups.start,
            stop=self._key_groups.stop,
            shared=shared,
            own=tuple(SharedFile(name=n, handle=self._writer.handle(section)) for n, section in own.items()),
            states=dict(keyed.states),
            new_bytes=upload.new_bytes,
        )


def _known(base: SubtaskState | None, operator: str) -> IncrementalHandle | None:
    keyed = base.operators[operator].keyed if base and operator in base.operators else None
    return keyed if isinstance(keyed, IncrementalHandle) else None


def _release(operator: str, snapshot: OperatorSnapshot) -> None:
    try:
        snapshot.release()
    except Exception as error:  # it keeps no other from being released, and what was written is good
        _log.warning("a snapshot could not be freed", operator=operator, error=f"{type(error).__name__}: {error}")


def _write(writer: SectionWriter, data: bytes) -> Section:
    writer.begin()
    writer.write(data)
    return writer.end()


def _remove(storage: CheckpointStorage, writer: SectionWriter, written: list[str]) -> None:
    # what cannot be removed now is swept later; the error that is on its way says more
    with contextlib.suppress(CheckpointStorageError):
        writer.discard()
    for path in written:
        with contextlib.suppress(CheckpointStorageError):
            storage.remove(path)


def state_bytes(state: SubtaskState) -> int:
    """Bytes of a state that stand in the handles themselves: what an acknowledgement adds to a message."""
    return sum(h.size for h in handles_of(state) if isinstance(h, InlineHandle))


def handles_of(state: SubtaskState) -> list[FileHandle | InlineHandle]:
    """All handles of one subtask's state."""
    found: list[FileHandle | InlineHandle] = [state.channels] if state.channels is not None else []
    for operator in state.operators.values():
        match operator.keyed:
            case KeyedHandle() as keyed:
                found.append(keyed.handle)
            case IncrementalHandle() as keyed:
                found += [file.handle for file in (*keyed.shared, *keyed.own)]
        found += [state.handle for state in operator.lists.values()]
    return found
