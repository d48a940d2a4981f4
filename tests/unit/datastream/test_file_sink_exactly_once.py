"""Whatever is killed, and whenever: published is what the complete checkpoints contain, once."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.common import Encoder, Types
from penstock.datastream.connectors import BucketAssigner, FileSink, RollingPolicy
from penstock.datastream.connectors.file_system import FileCompactor, FileCompactStrategy, StreamFormat
from penstock.datastream.connectors.file_system.compacting import Compaction
from tests.unit.datastream import file_sink_world
from tests.unit.datastream.file_sink_world import hidden, published

CHECKPOINTS = FileCompactStrategy.builder().enable_compaction_on_checkpoint(2).build()
SIZE = FileCompactStrategy.builder().set_size_threshold(20).set_num_compact_threads(3).build()
RECORD_WISE = FileCompactor.record_wise_file_compactor(StreamFormat.text_line_format())
COMPACTIONS = [
    None,
    Compaction(CHECKPOINTS, FileCompactor.concat_file_compactor()),
    Compaction(SIZE, FileCompactor.concat_file_compactor()),
    Compaction(SIZE, FileCompactor.identical_file_compactor()),
    Compaction(CHECKPOINTS, RECORD_WISE),
]
POLICIES = [
    RollingPolicy.default_rolling_policy(),
    RollingPolicy.default_rolling_policy(part_size=7),
    RollingPolicy.default_rolling_policy(inactivity_interval=2000, rollover_interval=5000),
    RollingPolicy.on_checkpoint_rolling_policy(),
]


@pytest.fixture(autouse=True)
def no_open_files() -> Iterator[None]:
    yield
    for world in WORLDS:
        world.leave()
    WORLDS.clear()


WORLDS: list[file_sink_world.World] = []


def World(*arguments: Any, **named: Any) -> file_sink_world.World:  # noqa: N802
    """Left when the test ends."""
    WORLDS.append(file_sink_world.World(*arguments, **named))
    return WORLDS[-1]


class ByLastDigit(BucketAssigner):
    def get_bucket_id(self, element: Any, context: Any) -> str:
        return f"digit={element[-1]}" if element[-1] in "12" else ""


def make_sink(folder: Path, policy: RollingPolicy, compaction: Compaction | None, by_digit: bool) -> FileSink:
    assigner = ByLastDigit() if by_digit else BucketAssigner.base_path_bucket_assigner()
    builder = FileSink.for_row_format(folder, Encoder.simple_string_encoder())
    builder.with_bucket_assigner(assigner).with_rolling_policy(policy).with_bucket_check_interval(500)
    if compaction is not None:
        builder.enable_compact(compaction.strategy, compaction.compactor)
    return builder.build().with_input_type(Types.STRING())


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 9)),
        st.tuples(st.just("wait"), st.integers(1, 4)),
        st.tuples(st.just("checkpoint"), st.sampled_from(["lost", "complete", "announced", "half announced"])),
        st.tuples(st.just("crash"), st.tuples(st.sampled_from([None, None, 1, 2, 3]), st.sampled_from("kcz"))),
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=80)
@given(
    steps=STEPS,
    policy=st.sampled_from(POLICIES),
    compaction=st.sampled_from(COMPACTIONS),
    parallelism=st.integers(1, 3),
    by_digit=st.booleans(),
)
def test_published_is_what_checkpoints_contain(
    steps: list[tuple[str, Any]],
    policy: RollingPolicy,
    compaction: Compaction | None,
    parallelism: int,
    by_digit: bool,
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        world = World(make_sink(folder, policy, compaction, by_digit), parallelism)
        for step, argument in steps:
            if step == "write":
                world.write(argument)
            elif step == "wait":
                world.clock.now += argument
            elif step == "checkpoint":
                snapshot = world.checkpoint()
                if argument == "lost":
                    world.crash()
                    continue
                world.complete(snapshot)
                if argument != "complete":
                    world.announce(None if argument == "announced" else 1)
            else:
                parallelism_then, how = argument
                world.crash(parallelism_then, closes=how == "c", zombie=how == "z")
                world.zombies_write()
            visible = published(folder)
            assert len(visible) == len(set(visible))
            assert set(visible) <= set(() if world.completed is None else world.completed.records)
        world.write(2)
        world.zombies_write()
        world.end()
        world.zombies_write()
        assert published(folder) == [str(n) for n in range(world.next)]
        world.leave()


def test_nothing_is_left_over_after_crashes(tmp_path: Path) -> None:
    world = World(make_sink(tmp_path, POLICIES[0], None, True), 2)
    world.write(10)
    world.complete(world.checkpoint())
    world.announce()
    for _ in range(3):
        world.write(10)
        world.crash()
    world.write(5)
    world.end()
    assert published(tmp_path) == [str(n) for n in range(15)]
    assert hidden(tmp_path) == []


def test_a_job_that_begins_anew_removes_what_its_former_attempt_left(tmp_path: Path) -> None:
    world = World(make_sink(tmp_path, POLICIES[0], None, False))
    world.write(10)
    world.writers[0].flush()
    world.crash()
    assert hidden(tmp_path) == []
    world.write(3)
    world.end()
    assert published(tmp_path) == ["0", "1", "2"]


def test_files_wait_for_compaction_over_several_crashes(tmp_path: Path) -> None:
    compaction = Compaction(FileCompactStrategy.builder().set_size_threshold(1000).build(), RECORD_WISE)
    world = World(make_sink(tmp_path, POLICIES[3], compaction, False))
    for _ in range(3):
        world.write(2)
        world.complete(world.checkpoint())
        world.crash()
    world.end()
    assert published(tmp_path) == [str(n) for n in range(6)]
    assert len(list(tmp_path.iterdir())) == 1


def test_files_wait_for_compaction_over_rescaling_and_back(tmp_path: Path) -> None:
    """A subtask that gets no state must not take the files of its former namesake for its own."""
    compaction = Compaction(FileCompactStrategy.builder().set_size_threshold(1000).build(), RECORD_WISE)
    world = World(make_sink(tmp_path, POLICIES[3], compaction, False), 2)
    for parallelism in (1, 2):
        world.write(4)
        world.complete(world.checkpoint())
        world.crash(parallelism)
    world.write(2)
    world.end()
    assert published(tmp_path) == [str(n) for n in range(10)]


@pytest.mark.parametrize("rolls", [False, True])
def test_closing_leaves_what_a_snapshot_knows(tmp_path: Path, rolls: bool) -> None:
    world = World(make_sink(tmp_path, POLICIES[1], None, False))
    world.write(2)
    world.complete(world.checkpoint())
    world.write(5 if rolls else 1)
    world.crash(closes=True)
    world.write(1)
    world.end()
    assert published(tmp_path) == ["0", "1", "2"]
    assert hidden(tmp_path) == []


def test_files_of_others_stay(tmp_path: Path) -> None:
    sink = make_sink(tmp_path, POLICIES[0], None, False)
    other = World(sink, job_id="another job")
    other.write(4)
    other.writers[0].flush()
    foreign = {p: p.read_bytes() for p in hidden(tmp_path)}
    world = World(sink)
    world.write(4)
    world.complete(world.checkpoint())
    world.write(4)
    world.crash()
    world.write(1)
    world.end()
    assert {p: p.read_bytes() for p in foreign} == foreign
    other.end()
    assert published(tmp_path) == ["0", "0", "1", "1", "2", "2", "3", "3", "4"]


def test_a_savepoint_of_another_job_leaves_that_job_alone(tmp_path: Path) -> None:
    """Both go on from the same in-progress file; each publishes its own copy of what was in it."""
    sink = make_sink(tmp_path, POLICIES[0], None, False)
    first = World(sink, job_id="first")
    first.write(3)
    savepoint = first.checkpoint()
    second = World(sink, job_id="second")
    second.completed = savepoint
    second.crash()
    first.write(1)
    second.write(2)
    second.end()
    first.end()
    assert published(tmp_path) == ["0", "0", "1", "1", "2", "2", "3", "3", "4"]


def test_an_old_checkpoint_whose_file_was_published_since_is_refused(tmp_path: Path) -> None:
    world = World(make_sink(tmp_path, POLICIES[0], None, False))
    world.write(3)
    old = world.checkpoint()
    world.end()
    world.completed = old
    with pytest.raises(FileNotFoundError, match=r"cannot go on with .*restore the newest one"):
        world.crash()
    assert published(tmp_path) == ["0", "1", "2"]


def test_a_damaged_in_progress_file_is_noticed(tmp_path: Path) -> None:
    world = World(make_sink(tmp_path, POLICIES[0], None, False))
    world.write(3)
    world.complete(world.checkpoint())
    (path,) = hidden(tmp_path)
    path.write_bytes(b"0\n")
    with pytest.raises(OSError, match=r"4 of its 6 bytes are missing"):
        world.crash()


def test_a_damaged_pending_file_is_noticed(tmp_path: Path) -> None:
    world = World(make_sink(tmp_path, POLICIES[3], None, False))
    world.write(3)
    world.complete(world.checkpoint())
    (path,) = hidden(tmp_path)
    path.write_bytes(b"0\n")
    with pytest.raises(OSError, match=r"has 2 of its 6 bytes"):
        world.announce()


def test_a_published_file_is_never_overwritten(tmp_path: Path) -> None:
    world = World(make_sink(tmp_path, POLICIES[3], None, False))
    world.write(1)
    snapshot = world.checkpoint()
    world.complete(snapshot)
    Path(snapshot.uncommitted[0][0].final).write_text("somebody else's\n")  # type: ignore[union-attr]
    with pytest.raises(FileExistsError, match="not this sink's"):
        world.announce()


def test_in_progress_parts_go_on_over_checkpoints(tmp_path: Path) -> None:
    world = World(make_sink(tmp_path, POLICIES[0], None, False))
    for _ in range(3):
        world.write(2)
        world.complete(world.checkpoint())
        world.announce()
    assert published(tmp_path) == []
    world.end()
    assert len([p for p in tmp_path.iterdir() if not p.name.startswith(".")]) == 1


def test_compaction_by_checkpoints_and_by_size(tmp_path: Path) -> None:
    for name, compaction in (("checkpoints", COMPACTIONS[1]), ("size", COMPACTIONS[2])):
        world = World(make_sink(tmp_path / name, POLICIES[3], compaction, False))
        found = []
        for _ in range(4):
            world.write(3)
            world.complete(world.checkpoint())
            world.announce()
            found.append(len(published(tmp_path / name)))
        assert found == {"checkpoints": [0, 6, 6, 12], "size": [0, 0, 0, 12]}[name]
        files = [p.name for p in (tmp_path / name).iterdir()]
        assert all(f.startswith("compacted-part-") for f in files), files
        assert len(files) == {"checkpoints": 2, "size": 1}[name]
        world.end()


def test_compaction_can_be_disabled_later(tmp_path: Path) -> None:
    world = World(make_sink(tmp_path, POLICIES[3], COMPACTIONS[1], False))
    world.write(3)
    world.complete(world.checkpoint())
    world.announce()
    world.sink = make_sink(tmp_path, POLICIES[3], None, False)
    world.crash()
    world.end()
    assert published(tmp_path) == ["0", "1", "2"]
    assert all(p.name.startswith("part-") for p in tmp_path.iterdir())


def test_concatenation_with_a_delimiter(tmp_path: Path) -> None:
    compaction = Compaction(CHECKPOINTS, FileCompactor.concat_file_compactor(b"100\n"))
    world = World(make_sink(tmp_path, POLICIES[3], compaction, False))
    world.write(2)
    world.complete(world.checkpoint())
    world.write(1)
    world.end()
    (path,) = tmp_path.iterdir()
    assert path.read_text() == "0\n1\n100\n2\n100\n"


def test_bad_strategies() -> None:
    with pytest.raises(ValueError, match="needs a size threshold or a number"):
        FileCompactStrategy.builder().build()
    with pytest.raises(ValueError, match="must be positive: 0"):
        FileCompactStrategy.builder().enable_compaction_on_checkpoint(0)
    with pytest.raises(ValueError, match="must not be negative"):
        FileCompactStrategy.builder().set_size_threshold(-1)
    with pytest.raises(ValueError, match="threads must be positive"):
        FileCompactStrategy.builder().set_num_compact_threads(0)


@pytest.mark.parametrize("bucket", ["/etc", "../up", "a/../../b", "x\0"])
def test_buckets_stay_below_the_base_path(tmp_path: Path, bucket: str) -> None:
    class Bad(BucketAssigner):
        def get_bucket_id(self, element: Any, context: Any) -> str:
            return bucket

    sink = FileSink.for_row_format(tmp_path, Encoder.simple_string_encoder()).with_bucket_assigner(Bad()).build()
    with pytest.raises(ValueError, match="no folder below the base path"):
        World(sink).write(1)
