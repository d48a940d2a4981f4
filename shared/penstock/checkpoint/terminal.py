"""The mirror of a job's end: beside all jobs' folders, so that a Redis that came back older cannot run the job again.

    <dir>/terminal/<period>/<job id>

A period is 30 days. Files of the period before are still read; when a file is written, folders of older periods go.
"""

import msgspec

from penstock.checkpoint import locations, sealed_json
from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable
from penstock.checkpoint.storage import CheckpointStorage
from penstock.security.keyring import BadSeal

FOLDER = "terminal"
#: ms
PERIOD = 30 * 86_400_000


class TerminalMirror(msgspec.Struct, frozen=True, kw_only=True):
    """As JSON. `state`: FINISHED, FAILED or CANCELED. Times in ms; `message`, `traceback`: of the failure."""

    job: str
    state: str
    epoch: int
    time: int
    runtime: int = 0
    message: str | None = None
    traceback: str | None = None


def write_terminal(storage: CheckpointStorage, mirror: TerminalMirror) -> None:
    """May be repeated: the end of a job does not change."""
    base = _base(storage)
    storage.write(_path(base, mirror.time // PERIOD, mirror.job), _dump(storage, mirror))
    for name in storage.list(base):
        if name.isdecimal() and int(name) < mirror.time // PERIOD - 1:
            folder = locations.join(base, name)
            try:
                storage.system(folder).remove_folder(folder)
            except Exception as error:
                raise CheckpointStorageError("cannot remove", folder, error) from error


def read_terminal(storage: CheckpointStorage, now: int) -> TerminalMirror | None:
    """`now`: ms. None where the job's end was not mirrored. CheckpointUnusable: damaged."""
    period = now // PERIOD
    for path in (_path(_base(storage), p, storage.job) for p in (period, period - 1, period + 1)):
        if storage.exists(path):
            try:
                data = storage.read_file(path)
                return sealed_json.load(storage.keyring, f"end of {storage.job}", data, TerminalMirror)
            except BadSeal as error:
                raise CheckpointUnusable(path, f"refused: {error}") from None
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                raise CheckpointUnusable(path, f"damaged: {error}") from None
    return None


def _dump(storage: CheckpointStorage, mirror: TerminalMirror) -> bytes:
    return sealed_json.dump(storage.keyring, f"end of {mirror.job}", mirror)


def _base(storage: CheckpointStorage) -> str:
    own = locations.name(storage.directory) == storage.job
    return locations.join(locations.parent(storage.directory) if own else storage.directory, FOLDER)


def _path(base: str, period: int, job: str) -> str:
    return locations.join(locations.join(base, str(period)), job)
