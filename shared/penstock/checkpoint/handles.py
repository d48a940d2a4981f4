"""Where the state of a checkpoint is: small values that travel in acks and stand in the metadata.

Source: Flink's `StateHandle`, `KeyGroupsStateHandle`, `OperatorSubtaskState`.
"""

from typing import Literal, TypeAlias

import msgspec

#: how list state is spread over new subtasks. split: each item to one; union: all to all; broadcast: the same to all
Redistribution = Literal["split", "union", "broadcast"]
#: `execution.checkpointing.snapshot-compression`
Compression = Literal["none", "zlib"]


class FileHandle(msgspec.Struct, frozen=True, kw_only=True, tag="file"):
    """A file, or a range of one. `checksum`: of the range, as `penstock.security.checksums` makes them."""

    path: str  #: relative to the folder of the metadata file, or a URL
    size: int
    checksum: str
    offset: int = 0


class InlineHandle(msgspec.Struct, frozen=True, kw_only=True, tag="inline"):
    """State small enough to stand in the metadata itself (`execution.checkpointing.data-inline-threshold`)."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)


StateHandle: TypeAlias = FileHandle | InlineHandle


class StateMeta(msgspec.Struct, frozen=True, kw_only=True):
    """One declared state of an operator. `type_info`: text form of its type; `version`: of its serialized form."""

    kind: str  #: value, list, map, reducing, aggregating, broadcast, timers, …
    type_info: str | None = None
    version: int = 1
    schema: bytes | None = None  #: pickled TypeInformation, for migration
    ttl: bool = False


class KeyedHandle(msgspec.Struct, frozen=True, kw_only=True, tag="keyed"):
    """Keyed state of one operator of one subtask, in the portable form."""

    start: int  #: first key group of the subtask
    stop: int  #: behind the last one
    handle: StateHandle
    #: key group that has state -> (offset in `handle`, bytes, checksum of them), so that a part can be read by itself
    groups: dict[int, tuple[int, int, int]]
    states: dict[str, StateMeta]
    compression: Compression = "none"  #: of each key group by itself


class PiecedHandle(KeyedHandle, frozen=True, kw_only=True, tag="pieced"):
    """The same in pieces that mix the key groups; `groups` is empty. With a tag of its own: a version that does not
    know of pieces refuses it, and does not take it for empty."""

    pieces: tuple[tuple[int, int, int], ...]  #: (offset in `handle`, bytes, checksum)


class SharedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a state backend's own format. `name`: as the backend calls it.

    `handle.path` is in `shared/`, or it is a part of the subtask's state file.
    """

    name: str
    handle: StateHandle


class IncrementalHandle(msgspec.Struct, frozen=True, kw_only=True, tag="incremental"):
    """Keyed state as the files of a RocksDB checkpoint. `own`: small or changing files, exclusive to the checkpoint."""

    backend: str  #: "rocksdb"
    start: int
    stop: int
    shared: tuple[SharedFile, ...]
    own: tuple[SharedFile, ...]
    states: dict[str, StateMeta]
    new_bytes: int = 0  #: of `shared`, what this checkpoint uploaded


class ListHandle(msgspec.Struct, frozen=True, kw_only=True):
    """Operator state: a pickled list of pickled items."""

    redistribution: Redistribution
    handle: StateHandle
    items: int
    compression: Compression = "none"


class OperatorHandle(msgspec.Struct, frozen=True, kw_only=True):
    """All state of one operator of one subtask."""

    keyed: KeyedHandle | PiecedHandle | IncrementalHandle | None = None
    lists: dict[str, ListHandle] = {}
    states: dict[str, StateMeta] = {}  #: of the list states


class InFlightEdge(msgspec.Struct, frozen=True, kw_only=True):
    """An edge, by its vertices, that had records on their way when an unaligned checkpoint was taken."""

    source: str
    target: str
    strategy: str


class SubtaskState(msgspec.Struct, frozen=True, kw_only=True):
    """What a subtask acknowledges. `size`: all bytes that a restore would read; `new_bytes`: written for this one."""

    operators: dict[str, OperatorHandle] = {}  #: operator id -> handle
    channels: StateHandle | None = None  #: a pickled `penstock.runtime.snapshot.ChannelsSnapshot`
    in_flight: tuple[InFlightEdge, ...] = ()  #: edges whose records are part of `channels`
    ended: bool = False  #: the task had no more input, and everything of its output was sent
    finished: bool = False  #: the task was FINISHED before: no state, it only ends
    size: int = 0
    new_bytes: int = 0
