import re
from pathlib import Path
from typing import Any

import pytest

from penstock.common import Encoder, Types
from penstock.datastream.connectors import BucketAssigner, FileSink, FileSource, OutputFileConfig, RollingPolicy
from penstock.datastream.connectors.file_system import StreamFormat
from penstock.datastream.connectors.file_system.file_writer import FileWriter
from penstock.operators.specs import ReaderContext, WriterContext

PAIRS = Types.TUPLE([Types.STRING(), Types.INT()])
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Clock:
    def __init__(self) -> None:
        self.now = 1_600_000_000.0

    def __call__(self) -> float:
        return self.now


def builder(folder: Path, charset: str = "UTF-8") -> FileSink.RowFormatBuilder:
    encoder = Encoder.simple_string_encoder(charset)
    plain = BucketAssigner.base_path_bucket_assigner()
    return FileSink.for_row_format(folder, encoder).with_bucket_assigner(plain)


def names(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_what_is_written_appears_when_it_is_committed(tmp_path: Path) -> None:
    sink = builder(tmp_path).build().with_input_type(PAIRS)
    writer = sink.create_writer(WriterContext(0, 0))
    writer.write([("a", 1), ("b", 2)])
    writer.flush()
    (hidden,) = names(tmp_path)
    assert re.fullmatch(rf"\.part-{UUID}-0\.inprogress\.{UUID}-0-0", hidden)
    writer.write([("c", 3)])
    pending = writer.prepare_commit()
    assert names(tmp_path) == [hidden]
    sink.commit(pending)
    writer.close()
    (name,) = names(tmp_path)
    assert re.fullmatch(rf"part-{UUID}-0", name)
    assert (tmp_path / name).read_text() == "(a,1)\n(b,2)\n(c,3)\n"


def test_commit_is_idempotent_and_notices_loss(tmp_path: Path) -> None:
    sink = builder(tmp_path).build()
    writer = sink.create_writer(WriterContext(0, 0))
    writer.write(["x"])
    pending = writer.prepare_commit()
    sink.commit(pending)
    sink.commit(pending)
    (name,) = names(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(name)):
        sink.commit(pending)


def test_close_removes_what_nobody_can_commit(tmp_path: Path) -> None:
    writer = builder(tmp_path).with_rolling_policy(RollingPolicy.default_rolling_policy(part_size=1)).build()
    open_writer = writer.create_writer(WriterContext(0, 0))
    open_writer.write(["first"])
    open_writer.write(["second"])
    assert len(names(tmp_path)) == 2
    open_writer.close()
    assert names(tmp_path) == []


def test_no_records_no_file(tmp_path: Path) -> None:
    writer = builder(tmp_path / "out").build().create_writer(WriterContext(0, 0))
    writer.flush()
    assert writer.prepare_commit() == []
    writer.close()
    assert not (tmp_path / "out").exists()


def written(sink: FileSink, steps: list[tuple[float, list[Any]]]) -> None:
    """Write each batch that many seconds after the one before, then commit all."""
    clock = Clock()
    writer = FileWriter(sink, WriterContext(0), clock)
    for seconds, values in steps:
        clock.now += seconds
        writer.write(values)
    sink.commit(writer.prepare_commit())
    writer.close()


def contents(folder: Path) -> list[str]:
    return sorted((folder / n).read_text() for n in names(folder))


def test_rolls_by_size(tmp_path: Path) -> None:
    sink = builder(tmp_path).with_rolling_policy(RollingPolicy.default_rolling_policy(part_size=3)).build()
    written(sink, [(0, ["a"]), (0, ["b"]), (0, ["c"]), (0, ["d"])])
    assert contents(tmp_path) == ["a\nb\n", "c\nd\n"]
    assert {n[-2:] for n in names(tmp_path)} == {"-0", "-1"}


def test_rolls_by_age_and_by_inactivity(tmp_path: Path) -> None:
    policy = RollingPolicy.default_rolling_policy(rollover_interval=10_000, inactivity_interval=4_000)
    sink = builder(tmp_path).with_rolling_policy(policy).with_bucket_check_interval(1000).build()
    written(sink, [(0, ["a"]), (3, ["b"]), (3, ["c"]), (3, ["d"]), (3, ["e"]), (5, ["f"])])
    assert contents(tmp_path) == ["a\nb\nc\nd\n", "e\n", "f\n"]


def test_on_checkpoint_policy_rolls_at_commit_only(tmp_path: Path) -> None:
    policy = RollingPolicy.on_checkpoint_rolling_policy()
    written(builder(tmp_path).with_rolling_policy(policy).build(), [(0, ["a" * 1000]), (10_000, ["b"])])
    assert contents(tmp_path) == ["a" * 1000 + "\nb\n"]


def test_hourly_buckets_are_the_default(tmp_path: Path) -> None:
    encoder = Encoder.simple_string_encoder()
    assert FileSink.for_row_format(tmp_path, encoder).build().bucket_assigner == (
        BucketAssigner.date_time_bucket_assigner()
    )
    by_hour = BucketAssigner.date_time_bucket_assigner("yyyy-MM-dd--HH", "UTC")
    written(builder(tmp_path).with_bucket_assigner(by_hour).build(), [(0, ["a"]), (3600, ["b"]), (1, ["c"])])
    assert {Path(n).parts[0] for n in names(tmp_path)} == {"2020-09-13--12", "2020-09-13--13"}
    assert contents(tmp_path) == ["a\n", "b\nc\n"]


def test_names(tmp_path: Path) -> None:
    config = OutputFileConfig.builder().with_part_prefix("words").with_part_suffix(".txt").build()
    written(builder(tmp_path).with_output_file_config(config).build(), [(0, ["a"])])
    (name,) = names(tmp_path)
    assert re.fullmatch(rf"words-{UUID}-0\.txt", name)
    with pytest.raises(ValueError, match="cannot be part of a file name"):
        OutputFileConfig.builder().with_part_prefix("a/b").build()


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1", "UTF-16"])
def test_is_read_back_by_a_file_source(tmp_path: Path, charset: str) -> None:
    records = ["ä", "", "b c"]
    written(builder(tmp_path, charset).build().with_input_type(Types.STRING()), [(0, records), (0, ["é"])])
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(charset), tmp_path).build()
    reader = source.create_reader(ReaderContext(0, 1))
    reader.add_splits(source.enumerate_splits(1))
    assert reader.poll(10) == [*records, "é"]
    reader.close()


def test_bad_arguments(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="Encoder is needed"):
        FileSink.for_row_format(tmp_path, "UTF-8")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be positive"):
        RollingPolicy.default_rolling_policy(part_size=0)
    with pytest.raises(ValueError, match="unknown time zone"):
        BucketAssigner.date_time_bucket_assigner(timezone_id="Nowhere/City")
    with pytest.raises(ValueError, match="unknown charset"):
        Encoder.simple_string_encoder("x-none")
