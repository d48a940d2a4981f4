"""The programs over two inputs, broadcast state, async I/O and state: their output is what PyFlink 2.3 printed."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = sorted(
    path for kind in ("connect", "broadcast", "async", "state") for path in (HERE / "programs").glob(f"{kind}_*.py")
)


def lines_of(program: Path, *keys: str) -> Counter[str]:
    """What it prints, without the numbers of the subtasks."""
    done = subprocess.run(
        [sys.executable, HERE / "run_program.py", program, *keys],
        capture_output=True,
        text=True,
        timeout=100,
        env=os.environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Counter(re.sub(r"^\d+> ", "", line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("parallelism", ["1", "3"])
@pytest.mark.parametrize("program", PROGRAMS, ids=[p.stem for p in PROGRAMS])
def test_output_is_pyflinks(program: Path, parallelism: str) -> None:
    expected = Counter((HERE / "expected" / f"{program.stem}.txt").read_text().splitlines())
    assert lines_of(program, f"parallelism.default={parallelism}") == expected


STATEFUL = [p for p in PROGRAMS if p.stem in ("connect_keyed_join", "connect_keyed_timers", "state_kinds", "state_ttl")]


@pytest.mark.parametrize("program", STATEFUL, ids=[p.stem for p in STATEFUL])
def test_rocksdb_gives_the_same(program: Path) -> None:
    pytest.importorskip("rocksdict")
    expected = Counter((HERE / "expected" / f"{program.stem}.txt").read_text().splitlines())
    assert lines_of(program, "state.backend.type=rocksdb") == expected
