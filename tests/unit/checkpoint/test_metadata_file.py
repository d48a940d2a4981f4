"""The bytes of the metadata file."""

import struct

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from penstock.checkpoint import metadata_file
from penstock.checkpoint.handles import (
    FileHandle,
    IncrementalHandle,
    InlineHandle,
    KeyedHandle,
    ListHandle,
    OperatorHandle,
    PiecedHandle,
    SharedFile,
    StateMeta,
    SubtaskState,
)
from penstock.checkpoint.metadata import FORMAT
from penstock.checkpoint.metadata_file import MAGIC, NotMetadata, decode, encode
from tests.checkpoints import Vertex, metadata

FILE = FileHandle(path="../shared/1-x", size=3, checksum="ab", offset=7)
META = StateMeta(kind="value", type_info="INT", schema=b"\x00\xff", ttl=True)
FULL = SubtaskState(
    operators={
        "a": OperatorHandle(
            keyed=KeyedHandle(start=0, stop=9, handle=FILE, groups={3: (0, 3, 1 << 63)}, states={"s": META}),
            lists={"l": ListHandle(redistribution="union", handle=InlineHandle(data=b"\x80\xff"), items=2)},
            states={"l": META},
        ),
        "b": OperatorHandle(
            keyed=IncrementalHandle(
                backend="rocksdb",
                start=0,
                stop=9,
                shared=(SharedFile(name="1.sst", handle=FILE),),
                own=(SharedFile(name="CURRENT", handle=InlineHandle(data=b"")),),
                states={},
            )
        ),
    },
    channels=InlineHandle(data=b"c"),
    ended=True,
    size=9,
)
PIECES = PiecedHandle(start=0, stop=9, handle=FILE, groups={}, pieces=((0, 2, 5), (2, 1, 1 << 63)), states={"s": META})
FOUND = metadata(Vertex("ab", uids={"a": "the uid"}).state([FULL, SubtaskState(finished=True)]))


def test_everything_comes_back() -> None:
    mixed = metadata(Vertex("a").state([SubtaskState(operators={"a": OperatorHandle(keyed=PIECES)})]))
    assert decode(encode(mixed)) == mixed
    assert decode(encode(FOUND)) == FOUND
    assert encode(FOUND) == encode(decode(encode(FOUND)))


def test_where_it_was_read_from_is_no_part_of_it() -> None:
    from msgspec.structs import replace

    assert encode(replace(FOUND, directory="/somewhere")) == encode(FOUND)


def test_what_a_former_version_wrote_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(metadata_file, "FORMAT", 1)
        data = encode(FOUND)
    assert data[8:10] == struct.pack(">H", 1)
    assert decode(data).vertices == FOUND.vertices


def test_a_version_without_pieces_refuses_them() -> None:
    class Former(msgspec.Struct):
        keyed: KeyedHandle | IncrementalHandle | None = None

    with pytest.raises(msgspec.ValidationError, match="pieced"):
        msgspec.json.decode(msgspec.json.encode(OperatorHandle(keyed=PIECES)), type=Former)


def test_a_newer_format_is_refused_by_name() -> None:
    data = bytearray(encode(FOUND))
    data[8:10] = struct.pack(">H", FORMAT + 1)
    with pytest.raises(NotMetadata, match=rf"of the newer format {FORMAT + 1}, .*reads up to format {FORMAT}"):
        decode(bytes(data))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "truncated: 0 bytes"),
        (MAGIC, "truncated: 8 bytes"),
        (b"{}", "not the metadata of a checkpoint"),
        (bytes.fromhex("4960672d00000004"), "a savepoint of Apache Flink itself"),
        (encode(FOUND)[:-1], "truncated"),
        (encode(FOUND) + b"x", "truncated"),
    ],
)
def test_what_is_no_metadata(data: bytes, why: str) -> None:
    with pytest.raises(NotMetadata, match=why):
        decode(data)


@given(st.integers(0, len(encode(FOUND)) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(at: int, change: int) -> None:
    data = bytearray(encode(FOUND))
    data[at] ^= change
    with pytest.raises(NotMetadata):
        decode(bytes(data))


@given(st.integers(0, len(encode(FOUND)) - 1))
def test_any_cut_is_found(at: int) -> None:
    with pytest.raises(NotMetadata, match="truncated"):
        decode(encode(FOUND)[:at])


def test_a_checksum_that_fits_does_not_make_it_metadata() -> None:
    import msgspec
    import xxhash

    payload = msgspec.msgpack.encode({"job": 5})
    header = struct.pack(">8sHQQ", MAGIC, 1, len(payload), xxhash.xxh3_64_intdigest(payload, seed=1))
    with pytest.raises(NotMetadata, match="damaged: "):
        decode(header + payload)
