"""What a job has published."""

from pathlib import Path


def committed_lines(folder: Path | str) -> list[str]:
    """The lines of all part files that a FileSink has published below the folder; what is in progress stays hidden."""
    parts = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
    return [
        line
        for path in parts
        if not path.name.startswith((".", "_"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
