"""What a disk that lied about fsync leaves of an append-only file."""

from pathlib import Path

from tests.chaos.processes.requests import RequestReader


def without_tail(folder: Path, entries: int) -> int:
    """Remove the last so many commands of the newest incremental file (Redis 7) or of the file; bytes removed."""
    manifest = folder / "appendonlydir"
    files = sorted(manifest.glob("*.incr.aof"), key=lambda file: file.stat().st_mtime) if manifest.is_dir() else []
    path = files[-1] if files else folder / "appendonly.aof"
    content = path.read_bytes()
    commands = RequestReader().feed(content)
    removed = sum(map(len, commands[-entries:])) if entries else 0
    path.write_bytes(content[: len(content) - removed])
    return removed
