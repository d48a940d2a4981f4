"""A monitored folder: new files only, each read once, whoever they fall on."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from penstock.common import Duration
from penstock.datastream.connectors import FileEnumeratorProvider, FileSource, FileSplitAssignerProvider, StreamFormat
from penstock.operators.discovery import KnownSplits
from penstock.operators.source_interface import DiscoveringSource
from penstock.operators.specs import ReaderContext


def monitored(*paths: Path) -> FileSource:
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), *paths)
    return builder.monitor_continuously(Duration.of_millis(1500)).build()


def put(folder: Path, name: str, text: str, age: int = 0) -> Path:
    """A file that is `age` seconds old."""
    path = folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    now = 1_600_000_000 - age
    os.utime(path, (now, now))
    return path


def test_it_is_a_discovering_source(tmp_path: Path) -> None:
    source = pickle.loads(pickle.dumps(monitored(tmp_path)))
    assert isinstance(source, DiscoveringSource)
    assert (source.bounded, source.discovery_interval) == (False, 1.5)
    static = FileSource.for_record_stream_format(StreamFormat.text_line_format(), tmp_path).process_static_file_set()
    assert (static.build().bounded, static.build().discovery_interval) == (True, None)


def test_the_oldest_first_and_each_file_in_one_piece(tmp_path: Path) -> None:
    put(tmp_path, "b", "b\n", age=10)
    put(tmp_path, "deep/c", "c\n" * 1_000_000, age=20)
    put(tmp_path, "a", "a\n", age=10)
    put(tmp_path, "empty", "")
    put(tmp_path, ".hidden", "x\n")
    found = monitored(tmp_path).discover()
    assert [Path(s.path).name for s in found] == ["c", "a", "b"]
    assert [(s.start, s.end) for s in found] == [(0, 2_000_000), (0, 2), (0, 2)]


def test_a_path_given_twice_is_one_file(tmp_path: Path) -> None:
    path = put(tmp_path, "a", "a\n")
    source = monitored(tmp_path, path)
    assert [source.split_id(s) for s in source.discover()] == [str(path)]


def test_files_are_found_once_by_one_subtask_and_not_when_they_grow(tmp_path: Path) -> None:
    source = monitored(tmp_path)
    known = [KnownSplits(source, n, 3, ()) for n in range(3)]
    lines: list[str] = []

    def look() -> None:
        for subtask, of_subtask in enumerate(known):
            reader = source.create_reader(ReaderContext(subtask, 3))
            reader.add_splits(of_subtask.take(source.discover()))
            while (batch := reader.poll(10)) is not None:
                lines.extend(batch)
            reader.close()

    for number in range(20):
        put(tmp_path, f"{number}.txt", f"{number}\n")
    look()
    assert sorted(lines, key=int) == [str(n) for n in range(20)]
    put(tmp_path, "late.txt", "20\n")
    put(tmp_path, "3.txt", "3\nappended\n")
    look()
    assert sorted(lines, key=int) == [str(n) for n in range(21)]
    # after a restore at another parallelism
    ids: list[str] = [i for of_subtask in known for i in of_subtask.ids()]
    known = [KnownSplits(source, n, 2, ids) for n in range(2)]
    put(tmp_path, "later.txt", "21\n")
    look()
    assert sorted(lines, key=int) == [str(n) for n in range(22)]


def test_files_that_vanish_meanwhile_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a", "a\n")
    put(tmp_path, "b", "b\n")
    scandir = os.scandir

    def scan(path: str) -> Any:
        entries = scandir(path)
        (tmp_path / "a").unlink(missing_ok=True)
        return entries

    monkeypatch.setattr(os, "scandir", scan)
    assert [Path(s.path).name for s in monitored(tmp_path).discover()] == ["b"]


def test_bad_settings(tmp_path: Path) -> None:
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), tmp_path)
    with pytest.raises(TypeError, match="a Duration is needed"):
        builder.monitor_continuously(10)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be positive: 0 ms"):
        builder.monitor_continuously(Duration.of_millis(0))
    with pytest.raises(TypeError, match="FileEnumeratorProvider is needed"):
        builder.set_file_enumerator("all")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="FileSplitAssignerProvider is needed"):
        builder.set_split_assigner("local")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="BulkFormat is needed"):
        FileSource.for_bulk_file_format(StreamFormat.text_line_format(), tmp_path)  # type: ignore[arg-type]


def test_an_enumerator_that_cuts_nothing(tmp_path: Path) -> None:
    put(tmp_path, "a", "x" * 63 + "\n")
    put(tmp_path, "b", ("x" * 63 + "\n") * 20_000)
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), tmp_path)
    builder.set_split_assigner(FileSplitAssignerProvider.locality_aware_split_assigner())
    builder.set_file_enumerator(FileEnumeratorProvider.default_splittable_file_enumerator())
    assert len(builder.build().enumerate_splits(4)) > 2
    builder.set_file_enumerator(FileEnumeratorProvider.default_non_splittable_file_enumerator())
    assert len(builder.build().enumerate_splits(4)) == 2
