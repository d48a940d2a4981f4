import bz2
import gzip
import itertools
import lzma
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.common import Types
from penstock.datastream.connectors import FileSource, StreamFormat
from penstock.datastream.connectors.file_system import RecordReadError
from penstock.operators.specs import ReaderContext


def source(*paths: Path | str, charset: str = "UTF-8") -> FileSource:
    return FileSource.for_record_stream_format(StreamFormat.text_line_format(charset), *paths).build()


def lines(found: FileSource, parallelism: int = 1) -> list[list[str]]:
    """What each subtask reads."""
    splits = pickle.loads(pickle.dumps(found)).enumerate_splits(parallelism)
    return [_lines_of_subtask(found, splits, subtask, parallelism) for subtask in range(parallelism)]


def _lines_of_subtask(found: FileSource, splits: list[object], subtask: int, parallelism: int) -> list[str]:
    reader = found.create_reader(ReaderContext(subtask, parallelism))
    reader.add_splits(splits[subtask::parallelism])  # type: ignore[arg-type]
    read = list(itertools.chain.from_iterable(iter(lambda: reader.poll(100), None)))
    reader.close()
    return read


def test_folders_are_read_recursively_without_hidden_names(tmp_path: Path) -> None:
    for name in ("b", "a", "_b", ".c", "_hidden/d", "sub/e"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name}\n")
    assert lines(source(tmp_path)) == [["a", "b", "sub/e"]]
    assert lines(source(tmp_path / "b", tmp_path / "_b", tmp_path / "b")) == [["b", "_b", "b"]]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such file or folder.*not/there"):
        source(tmp_path / "not/there").enumerate_splits(2)


def test_large_files_are_shared_out(tmp_path: Path) -> None:
    text = [f"line {i}" for i in range(300_000)]
    (tmp_path / "large").write_text("\n".join(text))
    (tmp_path / "small").write_text("small\n")
    read = lines(source(tmp_path), parallelism=4)
    assert sorted(itertools.chain.from_iterable(read)) == sorted([*text, "small"])
    assert min(len(part) for part in read) > 30_000


def test_small_and_empty_files_are_not_cut(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    (tmp_path / "small").write_text("x" * 1000)
    splits = source(tmp_path).enumerate_splits(8)
    assert [(Path(s.path).name, s.start, s.end) for s in splits] == [("small", 0, 1000)]


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".deflate", zlib.compress)],
)
def test_compressed_files(tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"text{suffix}"
    path.write_bytes(compress(b"a\r\nb\rc\n\nd"))
    found = source(path)
    assert lines(found, parallelism=2) == [["a", "b", "c", "", "d"], []]
    reader = found.create_reader(ReaderContext(0, 1))
    reader.add_splits(found.enumerate_splits(1))
    assert reader.poll(2) == ["a", "b"]
    restored = found.create_reader(ReaderContext(0, 1))
    restored.add_splits(reader.snapshot())
    assert restored.poll(9) == ["c", "", "d"]
    reader.close()
    restored.close()


def test_compressed_files_that_cannot_be_read(tmp_path: Path) -> None:
    broken, unknown = tmp_path / "broken.gz", tmp_path / "text.zst"
    broken.write_bytes(gzip.compress(b"text\n" * 1000)[:-20])
    unknown.write_bytes(b"?")
    with pytest.raises(OSError, match=r"broken.gz cannot be decompressed"):
        lines(source(broken))
    with pytest.raises(OSError, match=r"text.zst: Zstandard files cannot be read"):
        source(unknown).enumerate_splits(1)


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1", "UTF-16", "UTF-16LE", "GBK", "UTF-32"])
def test_charsets(tmp_path: Path, charset: str) -> None:
    text = ["äöü" if charset != "GBK" else "汉字", "", "b"] * 10
    path = tmp_path / "text"
    path.write_bytes("\n".join(text).encode(charset))
    assert lines(source(path, charset=charset)) == [text]


def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a b").write_text("x\n")
    monkeypatch.chdir(tmp_path)
    relative = source("a b")
    monkeypatch.chdir("/")
    assert lines(relative) == [["x"]]
    assert lines(source((tmp_path / "a b").as_uri())) == [["x"]]
    with pytest.raises(ValueError, match="hdfs://"):
        source("hdfs://host/path")


def test_a_file_that_has_become_shorter_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a\nb\nc\n")
    found = source(path)
    splits = found.enumerate_splits(1)
    path.write_text("a\n")
    reader = found.create_reader(ReaderContext(0, 1))
    reader.add_splits(splits)
    with pytest.raises(RecordReadError, match="text has 2 bytes, and had at least 6 when it was found"):
        reader.poll(1)
    reader.close()


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="unknown charset 'x-none'"):
        StreamFormat.text_line_format("x-none")
    with pytest.raises(ValueError, match="at least one path"):
        source()
    with pytest.raises(TypeError, match="StreamFormat is needed"):
        FileSource.for_record_stream_format("text", "path")  # type: ignore[arg-type]
    assert source("x").get_produced_type() == Types.STRING()
