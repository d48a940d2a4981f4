"""The mirror of the pointer: beside a job's checkpoints, which is the newest. For people, and where Redis is lost."""

import msgspec

from penstock.checkpoint import locations, names, sealed_json
from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.storage import CheckpointStorage
from penstock.security.keyring import BadSeal


class PointerMirror(msgspec.Struct, frozen=True, kw_only=True):
    """As JSON. `path`: of the metadata file; in the file, relative to the job's folder where it is below it.

    `counters`: those of `CheckpointsRow`. `time`: ms.
    """

    epoch: int
    checkpoint: int
    path: str
    checksum: str = ""
    job: str = ""
    time: int = 0
    counters: dict[str, int] = {}


def write_mirror(storage: CheckpointStorage, mirror: PointerMirror) -> bool:
    """Whether it was written: not over that of a later epoch, or of a later checkpoint of the same. May be repeated."""
    try:
        known = read_mirror(storage)
    except CheckpointUnusable:
        known = None  # it is no use to anybody
    if known is not None and (known.epoch, known.checkpoint) > (mirror.epoch, mirror.checkpoint):
        return False
    path = locations.normalized(mirror.path)
    if locations.is_within(path, storage.directory):
        path = locations.relative(path, storage.directory)
    content = msgspec.structs.replace(mirror, path=path, job=storage.job)
    storage.write(_path(storage), sealed_json.dump(storage.keyring, f"pointer of {storage.job}", content))
    return True


def read_mirror(storage: CheckpointStorage) -> PointerMirror | None:
    """None where there is none. CheckpointUnusable: damaged."""
    path = _path(storage)
    if not storage.exists(path):
        return None
    try:
        data = storage.read_file(path)
        found = sealed_json.load(storage.keyring, f"pointer of {storage.job}", data, PointerMirror)
    except BadSeal as error:
        raise CheckpointUnusable(path, f"refused: {error}") from None
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise CheckpointUnusable(path, f"damaged: {error}") from None
    return msgspec.structs.replace(found, path=locations.join(storage.directory, found.path))


def _path(storage: CheckpointStorage) -> str:
    return locations.join(storage.directory, names.POINTER)
