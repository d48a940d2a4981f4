"""Bulk formats in a FileSink: every checkpoint closes the files; crashes neither lose nor repeat a record."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.common import Types
from penstock.datastream.connectors import BucketAssigner, FileSink, FileSource, RollingPolicy
from penstock.datastream.connectors.file_system import FileCompactor, FileCompactStrategy, FileFormat
from penstock.operators.specs import ReaderContext
from tests.unit.datastream.file_sink_world import World, hidden, published
from tests.unit.formats.written import KINDS, Kind, read_all

BULK = [k for k in KINDS if k.factory is not None]
STEPS = st.lists(st.sampled_from(["write", "checkpoint", "lost", "crash", "zombie"]), max_size=8)


def ids(file_format: FileFormat, path: Path) -> list[str]:
    records = read_all(file_format, file_format.splits(str(path), path.stat().st_size, None))
    return [str(r["id"]) for r in records]


def make_sink(kind: Kind, folder: Path, compacts: bool = False) -> FileSink:
    assert kind.factory is not None
    builder = FileSink.for_bulk_format(folder, kind.factory)
    builder.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
    if compacts:
        strategy = FileCompactStrategy.builder().enable_compaction_on_checkpoint(2).build()
        builder.enable_compact(strategy, FileCompactor.record_wise_file_compactor(kind.reader))
    return builder.build().with_input_type(Types.PICKLED_BYTE_ARRAY())


@pytest.mark.parametrize("kind", BULK, ids=lambda k: k.name)
@settings(deadline=None, max_examples=15)
@given(steps=STEPS, compacts=st.booleans(), parallelism=st.integers(1, 2))
def test_published_is_what_checkpoints_contain(kind: Kind, steps: list[str], compacts: bool, parallelism: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        world = World(make_sink(kind, folder, compacts), parallelism, make=lambda n: kind.make(n, "x"))
        for step in steps:
            if step == "write":
                world.write(3)
            elif step == "checkpoint":
                world.complete(world.checkpoint())
                world.announce()
            else:
                if step == "lost":
                    world.checkpoint()
                world.crash(zombie=step == "zombie")
            assert set(published(folder, lambda p: ids(kind.reader, p))) <= set(world.records)
        world.write(2)
        world.end()
        assert published(folder, lambda p: ids(kind.reader, p)) == [str(n) for n in range(world.next)]
        world.leave()


@pytest.mark.parametrize("kind", BULK, ids=lambda k: k.name)
def test_a_checkpoint_closes_every_part(kind: Kind, tmp_path: Path) -> None:
    world = World(make_sink(kind, tmp_path), make=lambda n: kind.make(n, "x"))
    world.write(3)
    world.complete(world.checkpoint())
    world.announce()
    assert published(tmp_path, lambda p: ids(kind.reader, p)) == ["0", "1", "2"]
    assert hidden(tmp_path) == []
    world.leave()


def test_a_folder_of_files_is_read_back(tmp_path: Path) -> None:
    kind = next(k for k in KINDS if k.name == "parquet")
    world = World(make_sink(kind, tmp_path), 2, make=lambda n: kind.make(n, "x"))
    for _ in range(3):
        world.write(4)
        world.complete(world.checkpoint())
        world.announce()
    world.end()
    source: FileSource = FileSource.for_bulk_file_format(kind.reader, tmp_path).build()  # type: ignore[arg-type]
    reader = source.create_reader(ReaderContext(0, 1))
    reader.add_splits(source.enumerate_splits(1))
    found: list[Any] = []
    while (batch := reader.poll(5)) is not None:
        found += batch
    reader.close()
    assert sorted(r.id for r in found) == list(range(12))


def test_bulk_formats_take_no_other_policy(tmp_path: Path) -> None:
    factory = BULK[0].factory
    assert factory is not None
    with pytest.raises(ValueError, match="must be OnCheckpointRollingPolicy"):
        FileSink.for_bulk_format(tmp_path, factory).with_rolling_policy(RollingPolicy.default_rolling_policy())
    with pytest.raises(TypeError, match="BulkWriterFactory is needed"):
        FileSink.for_bulk_format(tmp_path, "csv")  # type: ignore[arg-type]
