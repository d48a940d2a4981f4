"""However a file is cut into ranges, its ranges hold exactly its lines, in order."""

import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.datastream.connectors.file_system import text_splits
from penstock.datastream.connectors.file_system.file_reader import FileReader
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit, split_file
from penstock.datastream.connectors.file_system.stream_format import StreamFormat
from penstock.datastream.connectors.file_system.text_lines import length_of_lines, line_start, split_lines

# few letters, many line ends: what matters is where they meet the bounds of ranges and chunks
CONTENT = st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bc", "é".encode(), b"\x0b", b"\xff"])).map(b"".join)
SAME_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def oracle(data: bytes) -> list[str]:
    """By Python's universal newlines."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="replace", newline=None).read()
    return text.removesuffix("\n").split("\n") if text else []


def read(splits: list[FileSourceSplit], count: int) -> list[str]:
    reader = FileReader(StreamFormat.text_line_format())
    reader.add_splits(splits)
    found = list(itertools.chain.from_iterable(iter(lambda: reader.poll(count), None)))
    reader.close()
    return found


@pytest.fixture(params=[1, 7, 128 * 1024], ids=lambda n: f"chunks of {n}")
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(text_splits, "_CHUNK", request.param)
    return request.param


@SAME_FILE
@given(data=CONTENT, size=st.integers(1, 40), count=st.integers(1, 5))
def test_ranges_hold_all_lines_in_order(chunk: int, tmp_path: Path, data: bytes, size: int, count: int) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(data)
    splits = split_file(str(path), len(data), size)
    assert [b for split in splits for b in range(split.start, split.end)] == list(range(len(data)))
    assert list(itertools.chain.from_iterable(read([split], count) for split in splits)) == oracle(data)
    assert read(splits, count) == oracle(data)


@SAME_FILE
@given(data=CONTENT, size=st.integers(1, 40), polls=st.integers(0, 10), count=st.integers(1, 3))
def test_a_restored_reader_goes_on_where_the_snapshot_was(
    chunk: int, tmp_path: Path, data: bytes, size: int, polls: int, count: int
) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(data)
    reader = FileReader(StreamFormat.text_line_format())
    reader.add_splits(split_file(str(path), len(data), size))
    before = [line for _ in range(polls) for line in reader.poll(count) or []]
    snapshot = reader.snapshot()
    reader.close()
    assert before + read(snapshot, count) == oracle(data)


@given(data=CONTENT, position=st.integers(0, 60))
def test_line_start_is_the_first_at_or_after(data: bytes, position: int) -> None:
    starts = {0, *itertools.accumulate(len(line) for line in data.splitlines(keepends=True))}
    expected = min((s for s in starts if s >= position), default=len(data))
    assert line_start(io.BytesIO(data), position, len(data)) == min(expected, len(data))


def test_a_line_longer_than_any_block_is_found() -> None:
    data = b"x" * 3_000_000 + b"\r\n" + b"y"
    assert line_start(io.BytesIO(data), 5, len(data)) == 3_000_002


def test_other_separators_of_python_are_no_line_ends() -> None:
    data = "a\x0bb\x0cc\x1cd\x85e\u2028f\n".encode()
    assert split_lines(data, "utf-8") == ["a\x0bb\x0cc\x1cd\x85e\u2028f"]
    assert length_of_lines(data, 1) == len(data)
