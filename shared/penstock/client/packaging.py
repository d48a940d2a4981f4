"""What travels with a job: the user's modules in one zip; and how a slot makes them importable again."""

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from penstock.client.archives import packaged
from penstock.client.module_files import archive_files, folder_files, module_files
from penstock.client.program_error import PackagingError
from penstock.client.safe_zip import extract

#: bytes, uncompressed, of everything in one package
MAX_PACKAGE = 64 << 20


def build_package(
    script: Path | None, folder: Path | None, python_files: Sequence[str] = (), archives: str | None = None
) -> bytes | None:
    """The zip with the script's modules in `folder`, what `python.files` names and `python.archives`; None for none.

    As on Python's path: a .py file goes in by its name, a folder and an archive (.zip, .whl, .egg) by their contents.
    The same files make the same bytes. PackagingError names a file that is missing, or what is too large.
    """
    files: dict[str, Path | bytes] = {}
    if script is not None and folder is not None:
        files.update(module_files(script, folder))
    for name in python_files:
        path = Path(name)
        if path.is_dir():
            files.update(folder_files(path))
        elif path.suffix in (".zip", ".whl", ".egg") and path.is_file():
            files.update(archive_files(path))
        elif path.is_file():
            files[path.name] = path
        else:
            raise PackagingError(f"python file {name} does not exist")
    files.update(packaged(archives))
    return write_zip(files) if files else None


def write_zip(files: Mapping[str, Path | bytes]) -> bytes:
    """A deterministic zip: sorted names, no times, no owners. PackagingError: more than `MAX_PACKAGE` bytes."""
    buffer = io.BytesIO()
    total = 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            source = files[name]
            content = source if isinstance(source, bytes) else source.read_bytes()
            total += len(content)
            if total > MAX_PACKAGE:
                raise PackagingError(f"the job's modules exceed {MAX_PACKAGE >> 20} MiB at {name}; keep data elsewhere")
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    return buffer.getvalue()


def listed(text: str | None) -> tuple[str, ...]:
    """The parts of a comma-separated list, as `python.files` is."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def read_requirements(path: str | Path) -> tuple[str, ...]:
    """The lines of a requirements.txt without comments. PackagingError: no such file."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise PackagingError(f"requirements file {path} cannot be read: {error.strerror}") from None
    stripped = (line.partition(" #")[0].strip() for line in lines)
    return tuple(line for line in stripped if line and not line.startswith("#"))


def unpack_package(directory: Path, content: bytes) -> Path:
    """Unpack a job's package below `directory`, once for each content; the folder to put on `sys.path`."""
    target = directory / f"package-{hashlib.sha256(content).hexdigest()[:32]}"
    return _made_once(target, lambda folder: extract(content, folder, MAX_PACKAGE))


def prepare_environment(directory: Path, requirements: Iterable[str]) -> Path | None:
    """Install requirements below `directory`, once for each set of them; the folder for `sys.path`, None for none.

    PackagingError carries what pip says.
    """
    wanted = sorted(set(requirements))
    if not wanted:
        return None
    digest = hashlib.sha256("\n".join((sys.version, *wanted)).encode()).hexdigest()[:32]
    return _made_once(directory / f"requirements-{digest}", lambda folder: _pip_install(folder, wanted))


def _pip_install(folder: Path, requirements: Sequence[str]) -> None:
    listing = folder.with_suffix(".txt")
    listing.write_text("\n".join(requirements) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    try:
        done = subprocess.run(
            [*command, "--target", str(folder), "-r", str(listing)], capture_output=True, text=True, check=False
        )
    finally:
        listing.unlink()
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip()
        raise PackagingError(f"pip cannot install {', '.join(requirements)}: {said}")


def _made_once(target: Path, fill: Callable[[Path], object]) -> Path:
    """`target`, filled beside and renamed, so that several slots of one machine may ask for it at once."""
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
    try:
        fill(folder)
        try:
            folder.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return target
