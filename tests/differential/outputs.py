"""What a program has shown, as lines to compare: a multiset, subtask numbers left out, files with their folder."""

import re
from collections import Counter
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
EXPECTED = Path(__file__).parent / "expected"
PARALLELISMS = (1, 3)

#: "2> " and "name:2> ", as `print` writes them where the parallelism is above 1
_SUBTASK = re.compile(r"^((?:[\w ]+:)?)\d+> ")


def names() -> list[str]:
    return sorted(p.stem for p in PROGRAMS.glob("*.py"))


def shown(stdout: str, folder: Path) -> list[str]:
    """Sorted lines. Which subtask a record is in follows from hashes that are each system's own."""
    lines = [_SUBTASK.sub(r"\1N> ", line) for line in stdout.splitlines()]
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if not path.name.startswith((".", "_")):
            where = path.parent.relative_to(folder).as_posix()
            lines += [f"file in {where}: {line}" for line in path.read_text(encoding="utf-8").splitlines()]
    return sorted(lines)


def expected_path(name: str, parallelism: int) -> Path:
    """Where the output is, or goes to."""
    return EXPECTED / (f"{name}.txt" if parallelism == PARALLELISMS[0] else f"{name}.p{parallelism}.txt")


def expected(name: str, parallelism: int) -> list[str]:
    """The recorded lines; those of parallelism 1 where nothing else was recorded."""
    path = expected_path(name, parallelism)
    if not path.exists():
        path = expected_path(name, PARALLELISMS[0])
    return path.read_text(encoding="utf-8").splitlines()


def comparable(found: list[str], name: str, parallelism: int) -> list[str]:
    """What was found, without "N> " where the output was recorded at parallelism 1 alone."""
    if parallelism == 1 or expected_path(name, parallelism).exists():
        return found
    return sorted(re.sub(r"^((?:[\w ]+):)?N> ", lambda m: f"{m[1][:-1]}> " if m[1] else "", line) for line in found)


def difference(found: list[str], wanted: list[str]) -> list[str]:
    """What is missing (-) and what is too many (+)."""
    missing, extra = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    return [f"- {line}" for line in missing.elements()] + [f"+ {line}" for line in extra.elements()]
