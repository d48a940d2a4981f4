"""The examples over two inputs and of async I/O, run as a user runs them, on their real output."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
EXPECTED = {
    "order_payments": [
        "o1 of 20 is paid with 20",
        "o2 of 35 is paid with 35",
        "o3 was not paid by 1300",
        "o4 of 99 is paid with 99",
    ],
    "broadcast_rules": ["attic: heat 85 is above 80", "attic: smoke 9 is above 5"],
    "async_enrichment": ["1 is Lisbon", "2 is Oslo", "3 is Quito", "4 is unknown"],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str) -> None:
    done = subprocess.run([sys.executable, EXAMPLES / f"{name}.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(re.sub(r"^\d+> ", "", line) for line in done.stdout.splitlines()) == EXPECTED[name]
