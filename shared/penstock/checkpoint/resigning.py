"""Signing a checkpoint or savepoint that is known to be good: one of before there was a secret, or of another cluster.

Nothing of it is unpickled. Files stay as they are; the metadata is written anew, with keyed checksums, sealed.
"""

from collections.abc import Iterator

import msgspec

from penstock.checkpoint import locations, metadata_file
from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.handles import (
    FileHandle,
    IncrementalHandle,
    KeyedHandle,
    OperatorHandle,
    PiecedHandle,
    SharedFile,
    StateHandle,
    SubtaskState,
)
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.metadata_reading import find_metadata
from penstock.checkpoint.stored_files import StoredFiles
from penstock.security.checksums import Checksums, PlainChecksums
from penstock.security.keyring import BadSeal, is_sealed

_CHUNK = 8 << 20  #: bytes


def sign(files: StoredFiles, path: str) -> tuple[str, str]:
    """(path of the metadata, what it was signed by before: nothing, or a trusted secret). `files`: with the secret.

    CheckpointUnusable: missing, damaged, sealed with a secret that is not trusted. ValueError: there is no secret.
    """
    if not files.keyring.is_signing:
        raise ValueError("there is no secret to sign with: set penstock.secret to that of the cluster")
    found = find_metadata(files, path)
    data = files.read_file(found)
    sealed = is_sealed(data)
    try:
        metadata = metadata_file.decode(files.keyring.open("metadata", "", data) if sealed else data)
    except (BadSeal, metadata_file.NotMetadata) as error:
        raise CheckpointUnusable(found, str(error)) from None
    before: Checksums = files.checksums if sealed else PlainChecksums()
    signed = _Signing(files, locations.parent(found), before).metadata(metadata)
    files.write(found, files.keyring.seal("metadata", "", metadata_file.encode(signed)))
    return found, "a trusted secret" if sealed else "nothing"


class _Signing:
    """Of one metadata file in `directory`."""

    def __init__(self, files: StoredFiles, directory: str, before: Checksums) -> None:
        self._files, self._directory, self._before = files, directory, before
        self._known: dict[FileHandle, FileHandle] = {}

    def metadata(self, metadata: CheckpointMetadata) -> CheckpointMetadata:
        vertices = tuple(
            msgspec.structs.replace(vertex, subtasks=tuple(self._subtask(state) for state in vertex.subtasks))
            for vertex in metadata.vertices
        )
        return msgspec.structs.replace(metadata, vertices=vertices)

    def _subtask(self, state: SubtaskState) -> SubtaskState:
        return msgspec.structs.replace(
            state,
            operators={operator: self._operator(handle) for operator, handle in state.operators.items()},
            channels=None if state.channels is None else self._handle(state.channels),
        )

    def _operator(self, operator: OperatorHandle) -> OperatorHandle:
        keyed = operator.keyed
        match keyed:
            case KeyedHandle():
                groups = {
                    group: self._place(keyed, f"key group {group}", where) for group, where in keyed.groups.items()
                }
                signed = msgspec.structs.replace(keyed, handle=self._handle(keyed.handle), groups=groups)
                if isinstance(signed, PiecedHandle):
                    pieces = tuple(self._place(keyed, f"a piece at {where[0]}", where) for where in signed.pieces)
                    signed = msgspec.structs.replace(signed, pieces=pieces)
                keyed = signed
            case IncrementalHandle():
                shared, own = (tuple(map(self._shared, names)) for names in (keyed.shared, keyed.own))
                keyed = msgspec.structs.replace(keyed, shared=shared, own=own)
        lists = {
            name: msgspec.structs.replace(items, handle=self._handle(items.handle))
            for name, items in operator.lists.items()
        }
        return msgspec.structs.replace(operator, keyed=keyed, lists=lists)

    def _shared(self, file: SharedFile) -> SharedFile:
        return msgspec.structs.replace(file, handle=self._handle(file.handle))

    def _handle(self, handle: StateHandle) -> StateHandle:
        if not isinstance(handle, FileHandle):
            return handle
        if handle not in self._known:
            place = locations.join(self._directory, handle.path)
            try:
                old = self._before.follow(handle.checksum)
            except ValueError as error:
                raise CheckpointUnusable(place, f"damaged: its checksum is {error}") from None
            new = self._files.checksums.running()
            for chunk in self._chunks(place, handle):
                old.update(chunk)
                new.update(chunk)
            if old.hexdigest() != handle.checksum:
                raise CheckpointUnusable(
                    place, f"damaged: the checksum of {handle.size} bytes at {handle.offset} differs"
                )
            self._known[handle] = msgspec.structs.replace(handle, checksum=new.hexdigest())
        return self._known[handle]

    def _chunks(self, place: str, handle: FileHandle) -> Iterator[bytes]:
        for at in range(0, max(handle.size, 1), _CHUNK):
            size = min(_CHUNK, handle.size - at)
            data = self._files.read_file(place, handle.offset + at, size)
            if len(data) < size:
                raise CheckpointUnusable(place, f"truncated: {at + len(data)} of {handle.size} bytes are there")
            yield data

    def _place(self, keyed: KeyedHandle, what: str, where: tuple[int, int, int]) -> tuple[int, int, int]:
        offset, size, checksum = where
        if isinstance(keyed.handle, FileHandle):
            place = locations.join(self._directory, keyed.handle.path)
            data = self._files.read_file(place, keyed.handle.offset + offset, size)
        else:
            place, data = self._directory, keyed.handle.data[offset : offset + size]
        if len(data) < size or not self._before.fits_group(data, checksum):
            raise CheckpointUnusable(place, f"damaged: the checksum of {what} differs")
        return offset, size, self._files.checksums.group(data)
