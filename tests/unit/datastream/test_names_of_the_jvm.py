"""What PyFlink takes from its JVM: names resolve, values are kept, use raises and says what to do instead."""

import pytest

from penstock.common import Configuration
from penstock.common.jvm import JvmNotAvailableError
from penstock.datastream import (
    CustomCheckpointStorage,
    FileSystemCheckpointStorage,
    JobManagerCheckpointStorage,
    SinkFunction,
    SourceFunction,
    StreamExecutionEnvironment,
)
from penstock.datastream.functions import JavaFunctionWrapper


def test_functions_of_the_jvm_raise_on_use() -> None:
    env = StreamExecutionEnvironment(Configuration())
    with pytest.raises(JvmNotAvailableError, match=r"use env\.from_source\(…\) instead"):
        SourceFunction("org.apache.Source")
    with pytest.raises(JvmNotAvailableError, match=r"use sink_to\(…\) instead"):
        SinkFunction("org.apache.Sink")
    with pytest.raises(JvmNotAvailableError, match="JavaFunctionWrapper"):
        JavaFunctionWrapper(object())
    with pytest.raises(JvmNotAvailableError, match="add_source"):
        env.add_source(None)  # type: ignore[arg-type]
    with pytest.raises(JvmNotAvailableError, match="create_input"):
        env.create_input(None)  # type: ignore[arg-type]
    with pytest.raises(JvmNotAvailableError, match="add_sink"):
        env.from_collection([1]).add_sink(None)  # type: ignore[arg-type]


def test_storage_in_the_jobmanager() -> None:
    storage = JobManagerCheckpointStorage()
    assert str(storage) == "JobManagerCheckpointStorage (checkpoints to JobManager) ( maxStateSize: 5242880)"
    assert (storage.get_checkpoint_path(), storage.get_savepoint_path()) == (None, None)
    assert storage.get_max_state_size() == JobManagerCheckpointStorage.DEFAULT_MAX_STATE_SIZE
    storage = JobManagerCheckpointStorage("file:///tmp/x", 1000)
    assert (storage.get_checkpoint_path(), storage.get_max_state_size()) == ("file:/tmp/x", 1000)
    with pytest.raises(ValueError, match="above 0"):
        JobManagerCheckpointStorage(None, 0)


@pytest.mark.parametrize(
    ("path", "shown"),
    [("file:///tmp/y", "file:/tmp/y"), ("file:///tmp/y/", "file:/tmp/y"), ("s3://b/y", "s3://b/y")],
)
def test_storage_in_a_file_system(path: str, shown: str) -> None:
    storage = FileSystemCheckpointStorage(path)
    assert (storage.get_checkpoint_path(), storage.get_savepoint_path()) == (shown, None)
    # as PyFlink 2.3 shows them
    assert (storage.get_min_file_size_threshold(), storage.get_write_buffer_size()) == (20480, 4096)
    storage = FileSystemCheckpointStorage(path, 100, 50)
    assert (storage.get_min_file_size_threshold(), storage.get_write_buffer_size()) == (100, 50)


@pytest.mark.parametrize("path", [None, "/tmp/y", "file:///"])
def test_a_path_that_cannot_be_a_storage(path: str | None) -> None:
    with pytest.raises(ValueError, match="path"):
        FileSystemCheckpointStorage(path)


def test_a_threshold_out_of_range() -> None:
    with pytest.raises(ValueError, match="up to 1048576, -1 for the default"):
        FileSystemCheckpointStorage("file:///y", 5_000_000)


def test_a_storage_of_the_jvm() -> None:
    with pytest.raises(JvmNotAvailableError, match="CustomCheckpointStorage"):
        CustomCheckpointStorage(object())
