"""Reading zips from strangers: nothing escapes the folder, nothing is written through a link, nothing blows up."""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

MAX_MEMBERS = 10_000


class BadArchive(Exception):  # noqa: N818 (reads as what it says)
    """A zip that is none, or that must not be unpacked; names the member."""


def check(content: bytes, max_bytes: int) -> list[zipfile.ZipInfo]:
    """The files of a zip, all names proven to stay below its root and their sizes within `max_bytes` in all."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise BadArchive(f"not a zip: {error}") from None
    if len(members) > MAX_MEMBERS:
        raise BadArchive(f"the zip has {len(members)} members, more than {MAX_MEMBERS}")
    total = 0
    names: set[str] = set()
    for member in members:
        _check_member(member)
        total += member.file_size
        if total > max_bytes:
            raise BadArchive(f"the zip unpacks to more than {max_bytes} bytes (at {member.filename!r})")
        if member.filename in names:
            raise BadArchive(f"the zip has two members {member.filename!r}")
        names.add(member.filename)
    return [m for m in members if not m.is_dir()]


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    path = PurePosixPath(name)
    if "\\" in name or "\0" in name or path.is_absolute() or ".." in path.parts or name[1:2] == ":" or not path.parts:
        raise BadArchive(f"member {name!r} of the zip would escape its folder")
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadArchive(f"member {name!r} of the zip is a link or special file")
    if member.flag_bits & 0x1:
        raise BadArchive(f"member {name!r} of the zip is encrypted")


def members(content: bytes, max_bytes: int) -> Iterator[tuple[str, bytes]]:
    """The files of a zip, one at a time. BadArchive: see `check`, or a member that is not what the zip says."""
    checked = check(content, max_bytes)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in checked:
            try:
                with archive.open(member) as stream:
                    data = stream.read(member.file_size + 1)
            except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
                raise BadArchive(f"member {member.filename!r} of the zip cannot be read: {error}") from None
            yield member.filename, data


def read(content: bytes, max_bytes: int) -> dict[str, bytes]:
    """The files of a zip by name; errors as of `members`."""
    return dict(members(content, max_bytes))


def extract(content: bytes, folder: Path, max_bytes: int) -> None:
    """Write the files of a zip below an existing empty folder; errors as of `members`."""
    for name, data in members(content, max_bytes):
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise BadArchive(f"member {name!r} of the zip is both a file and a folder") from None
