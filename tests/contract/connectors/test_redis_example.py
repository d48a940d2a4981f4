"""examples/redis_word_count.py, run as a user runs it, on its real output."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.contract

EXAMPLE = Path(__file__).parents[3] / "examples" / "redis_word_count.py"


def run(url: str, prefix: str) -> "subprocess.CompletedProcess[str]":
    arguments = ["--redis", url, "--lines", f"{prefix}:lines", "--counts", f"{prefix}:counts", "--bounded"]
    return subprocess.run([sys.executable, EXAMPLE, *arguments], capture_output=True, text=True, check=False)


def test_words_are_counted_from_stream_to_stream(url: str, client: Any, prefix: str) -> None:
    for text in ("to be or not to be", "that is to be seen"):
        client.xadd(f"{prefix}:lines", {"text": text})
    done = run(url, prefix)
    assert done.returncode == 0, done.stderr
    counts = [(f[b"word"].decode(), int(f[b"count"])) for _, f in client.xrange(f"{prefix}:counts")]
    assert len(counts) == 11
    assert dict(sorted(counts)) == {"be": 3, "is": 1, "not": 1, "or": 1, "seen": 1, "that": 1, "to": 3}


def test_a_line_without_text_names_its_entry(url: str, client: Any, prefix: str) -> None:
    client.xadd(f"{prefix}:lines", {"txt": "typo"}, id="7-0")
    done = run(url, prefix)
    assert done.returncode != 0
    assert f"entry 7-0 of stream '{prefix}:lines' cannot be deserialized" in done.stderr
