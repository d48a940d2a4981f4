"""Archives from strangers: every way out of the folder is shut."""

import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.client import safe_zip
from penstock.client.safe_zip import BadArchive


def archive(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in members:
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            info.external_attr = mode << 16
            made.writestr(info, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/x", "//x", "a\\..\\..\\x", "C:/x", "C:\\x", "..", "a/..", "\\\\server\\x"]
)
def test_names_that_escape_are_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(BadArchive, match="would escape"):
        safe_zip.extract(archive(("good.py", b"1"), (name, b"evil")), folder, 1 << 20)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["in"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_special_files_are_refused(tmp_path: Path, kind: int) -> None:
    with pytest.raises(BadArchive, match="link or special file"):
        safe_zip.extract(archive(("x", b"/etc/passwd"), mode=kind | 0o777), tmp_path, 1 << 20)


def test_the_bounds_on_size_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadArchive, match="more than 10 bytes"):
        safe_zip.read(archive(("a", b"12345678"), ("b", b"123")), 10)
    monkeypatch.setattr(safe_zip, "MAX_MEMBERS", 1)
    with pytest.raises(BadArchive, match="2 members"):
        safe_zip.read(archive(("a", b""), ("b", b"")), 10)


def test_what_contradicts_itself(tmp_path: Path) -> None:
    with pytest.raises(BadArchive, match="both a file and a folder"):
        safe_zip.extract(archive(("a", b"1"), ("a/b", b"2")), tmp_path, 100)
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = archive(("a", b"1"), ("a", b"2"))
    with pytest.raises(BadArchive, match="two members 'a'"):
        safe_zip.read(twice, 100)


def test_an_encrypted_member_is_refused() -> None:
    secret = bytearray(archive(("a", b"1")))
    central = secret.index(b"PK\x01\x02")
    secret[central + 8] |= 1
    with pytest.raises(BadArchive, match="encrypted"):
        safe_zip.read(bytes(secret), 100)


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_raises_nothing_else(content: bytes) -> None:
    with pytest.raises(BadArchive):
        safe_zip.read(content, 1000)


@given(st.integers(0, 160), st.integers(0, 255))
def test_a_damaged_zip_is_read_right_or_refused(position: int, value: int) -> None:
    good = bytearray(archive(("dir/a.py", b"print(1)"), ("b.txt", b"text")))
    good[position % len(good)] = value
    try:
        found = safe_zip.read(bytes(good), 1000)
    except BadArchive:
        return
    assert all(not name.startswith("/") and ".." not in name.split("/") for name in found)


def test_a_good_zip_is_extracted_as_it_is(tmp_path: Path) -> None:
    safe_zip.extract(archive(("pkg/__init__.py", b""), ("pkg/a.py", b"1"), ("job.py", b"2")), tmp_path, 100)
    assert {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*.py")} == {
        "pkg/__init__.py": b"",
        "pkg/a.py": b"1",
        "job.py": b"2",
    }
