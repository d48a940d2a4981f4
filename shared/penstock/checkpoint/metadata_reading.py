"""Finding and reading the metadata of a checkpoint or savepoint by what a user gives: its folder, or the file."""

import msgspec
import xxhash

from penstock.checkpoint import locations, metadata_file, names
from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.stored_files import StoredFiles, existing_size
from penstock.security.keyring import BadSeal


def metadata_path(directory: str) -> str:
    """Of the metadata file in a folder; a path that is one already stays as it is."""
    found = locations.normalized(directory)
    return found if locations.name(found) == names.METADATA else locations.join(found, names.METADATA)


def read_metadata(files: StoredFiles, path: str, checksum: str = "") -> CheckpointMetadata:
    """`checksum`: that of the whole file, if it is known. CheckpointUnusable: missing, damaged, of another format."""
    found = find_metadata(files, path)
    data = files.read_file(found)
    if checksum and xxhash.xxh3_64_hexdigest(data) != checksum:
        raise CheckpointUnusable(found, "the file is not the one that was written: its checksum differs")
    try:
        metadata = metadata_file.decode(files.keyring.open("metadata", "", data))
    except BadSeal as error:
        hint = " (one of your own that was written without a secret, or with another: `penstock sign PATH`)"
        raise CheckpointUnusable(found, f"refused: {error}{hint if files.keyring.is_signing else ''}") from None
    except metadata_file.NotMetadata as error:
        raise CheckpointUnusable(found, str(error)) from None
    return msgspec.structs.replace(metadata, directory=locations.parent(found))


def find_metadata(files: StoredFiles, path: str) -> str:
    """The path of the metadata file. CheckpointUnusable: there is none; it says what is there."""
    try:
        found = locations.normalized(path)
    except ValueError as error:
        raise CheckpointUnusable(repr(path), str(error)) from None
    try:
        system = files.system(found)
        for candidate in (found, metadata_path(found)):
            if existing_size(system, candidate) is not None:
                return candidate
        entries = system.list(found)
    except Exception as error:
        raise CheckpointStorageError("cannot read", found, error) from error
    if not entries:
        raise CheckpointUnusable(found, "there is no checkpoint or savepoint: no such file or folder")
    inner = [n for n in entries if entries[n] is None and _is_complete(files, locations.join(found, n))]
    hint = f"; did you mean {locations.join(found, max(inner, key=_order))}?" if inner else ""
    raise CheckpointUnusable(found, f"the folder has no {names.METADATA}: no completed checkpoint or savepoint{hint}")


def _is_complete(files: StoredFiles, folder: str) -> bool:
    name = locations.name(folder)
    is_one = names.checkpoint_of_folder(name) is not None or names.is_savepoint_folder(name)
    return is_one and files.size_of(locations.join(folder, names.METADATA)) is not None


def _order(name: str) -> tuple[int, str]:
    return names.checkpoint_of_folder(name) or 0, name
