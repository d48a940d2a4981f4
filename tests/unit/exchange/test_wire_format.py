import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.checkpoint.options import CheckpointOptions
from penstock.exchange.elements import (
    MAX_TIMESTAMP,
    MIN_TIMESTAMP,
    CancelCheckpoint,
    CheckpointBarrier,
    Control,
    EndOfInput,
    LatencyMarker,
    RecordBatch,
    Watermark,
    WatermarkStatus,
)
from penstock.exchange.errors import RecordNotSerializable
from penstock.exchange.header import Header, Kind, Serializer, decode_control, encode_control, unpack_header
from penstock.exchange.input_log import format_id, parse_id
from penstock.exchange.serialization import BatchSerializer, loads

u32, u64 = st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 64) - 1)


@given(st.builds(Header, u32, u32, u32, st.integers(0, 255), st.integers(0, 255), u64, u64))
def test_a_header_survives(header: Header) -> None:
    assert len(header.pack()) == 30
    assert unpack_header(header.pack()) == header


def test_what_is_no_header_is_named() -> None:
    with pytest.raises(ValueError, match=r"not an entry header.*b'short'"):
        unpack_header(b"short")


@pytest.mark.parametrize(
    "element",
    [
        Watermark(MIN_TIMESTAMP),
        Watermark(MAX_TIMESTAMP),
        WatermarkStatus(True),
        WatermarkStatus(False),
        CheckpointBarrier(1 << 50),
        CheckpointBarrier(
            2,
            CheckpointOptions(directory="s3://b/chk-2", savepoint=True, exactly_once=False, stop="drain", timestamp=9),
        ),
        CancelCheckpoint(3, 7),
        EndOfInput(),
        LatencyMarker(1_700_000_000_000, "c" * 32, 7),
    ],
)
def test_control_elements_survive(element: Control) -> None:
    kind, payload = encode_control(element)
    assert decode_control(Header(0, 7, 0, kind, 0, 0, 0), payload) == element


def test_an_entry_of_a_newer_version_is_refused() -> None:
    with pytest.raises(ValueError, match="kind 99"):
        decode_control(Header(0, 0, 0, 99, 0, 0, 0), b"")
    assert 99 not in list(Kind)


def test_a_batch_survives() -> None:
    batch = RecordBatch([1, "a", None], [5, None, 7], ["k", "l", "m"])
    assert loads(BatchSerializer("e").dumps(batch)) == batch


def test_plain_pickle_until_more_is_needed() -> None:
    serializer = BatchSerializer("e")
    serializer.dumps(RecordBatch([1]))
    assert serializer.serializer == Serializer.PICKLE
    (double,) = loads(serializer.dumps(RecordBatch([lambda x: 2 * x]))).values
    assert double(4) == 8
    assert [serializer.serializer] == [Serializer.CLOUDPICKLE]


def test_a_record_that_cannot_be_pickled_is_named() -> None:
    class Connected:
        def __reduce__(self) -> str:
            raise pickle.PicklingError("a socket inside")

        def __repr__(self) -> str:
            return "<connected>"

    with pytest.raises(
        RecordNotSerializable, match=r"edge 3: a record of type .*Connected.*socket inside.*<connected>"
    ):
        BatchSerializer("3").dumps(RecordBatch([1, Connected()]))
    with pytest.raises(RecordNotSerializable, match="a key of type"):
        BatchSerializer("3").dumps(RecordBatch([1], None, [Connected()]))


def test_stream_ids() -> None:
    assert parse_id(b"1700000000000-12") == (1700000000000, 12)
    assert format_id((5, 0)) == b"5-0"


def test_a_batch_that_cannot_be_pickled_leaves_nothing_behind() -> None:
    class OnlyHere:
        pass

    batch = RecordBatch([("text" * 40_000, b"b" * 200_000)] * 3)
    assert loads(BatchSerializer("a").dumps(RecordBatch([*batch.values, OnlyHere()]))).values[:3] == batch.values
    assert loads(BatchSerializer("b").dumps(batch)) == batch
    records: list[object] = [[1], [2]]
    first = BatchSerializer("c").dumps(RecordBatch(records))
    records[0] = records[1]
    assert loads(BatchSerializer("c").dumps(RecordBatch(records))).values == [[2], [2]] != loads(first).values
