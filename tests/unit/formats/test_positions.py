"""Of every format: splits hold all records, once and in order; a snapshot anywhere neither repeats nor loses one."""

import pickle
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.datastream.connectors.file_system import FileSource
from penstock.datastream.formats import arrow_writing
from penstock.operators.specs import ReaderContext
from tests.unit.formats.written import KINDS, Kind, cut, read_all, write_file

TEXTS = st.text(st.sampled_from("ab ,;\n\r\"'ä\\#"), max_size=6)
PLAIN = st.text(st.sampled_from("ab ;'ä#"), max_size=6)


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_writing, "_ROWS_IN_BATCH", 4)


def of_kind(kind: Kind, texts: list[str]) -> list[Any]:
    return [kind.make(n, text) for n, text in enumerate(texts)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_restored_anywhere(kind: Kind, data: st.DataObject) -> None:
    texts = data.draw(st.lists(PLAIN if kind.plain else TEXTS, max_size=30), "texts")
    size = data.draw(st.integers(1, 200), "size of a split")
    records = of_kind(kind, texts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        write_file(kind, path, records)
        splits = cut(kind.reader, path, size)
        assert read_all(kind.reader, splits, data.draw(st.integers(1, 7))) == records
        # a life that is broken off as often as it likes
        found: list[Any] = []
        for counts in data.draw(st.lists(st.lists(st.integers(1, 5), max_size=4), max_size=4), "polls"):
            reader = FileSource(kind.reader, ()).create_reader(ReaderContext(0, 1))
            reader.add_splits(splits)
            for count in counts:
                found += reader.poll(count) or []
            splits = pickle.loads(pickle.dumps(reader.snapshot()))
            reader.poll(3)  # after the snapshot: not in it
            reader.close()
        assert found + read_all(kind.reader, splits) == records


@pytest.mark.parametrize("kind", [k for k in KINDS if k.name not in ("csv", "orc")], ids=lambda k: k.name)
def test_large_files_are_cut(kind: Kind, tmp_path: Path) -> None:
    records = of_kind(kind, ["x" * 50] * 200)
    write_file(kind, tmp_path / "file", records)
    size = (tmp_path / "file").stat().st_size
    parts = [read_all(kind.reader, [s]) for s in cut(kind.reader, tmp_path / "file", size // 4)]
    assert [r for part in parts for r in part] == records
    assert sum(bool(part) for part in parts) >= 3


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_a_format_travels_pickled(kind: Kind, tmp_path: Path) -> None:
    records = of_kind(kind, ["a", "b"])
    write_file(replace(kind, factory=pickle.loads(pickle.dumps(kind.factory))), tmp_path / "file", records)
    assert read_all(pickle.loads(pickle.dumps(kind.reader)), cut(kind.reader, tmp_path / "file", 10**6)) == records
