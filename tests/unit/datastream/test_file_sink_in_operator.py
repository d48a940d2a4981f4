"""A FileSink in its operator: barriers, notifications, the end of input, rescaling."""

from pathlib import Path

from penstock.common import Encoder, Types
from penstock.datastream.connectors import BucketAssigner, FileSink
from penstock.operators.sink_interface import WriterContext
from penstock.operators.sinks import SinkOperator
from penstock.state.handover import hand_over
from penstock.state.snapshot import OperatorSnapshot
from tests.unit.datastream.file_sink_world import hidden, published


def operator(folder: Path, subtask: int, parallelism: int, attempt: int, checkpointing: bool = True) -> SinkOperator:
    plain = BucketAssigner.base_path_bucket_assigner()
    sink = FileSink.for_row_format(folder, Encoder.simple_string_encoder()).with_bucket_assigner(plain).build()
    context = WriterContext(subtask, attempt, parallelism, "job", "sink", checkpointing=checkpointing)
    return SinkOperator(0, "out", sink.with_input_type(Types.STRING()), context)


def restored(folder: Path, snapshots: list[OperatorSnapshot], parallelism: int, attempt: int) -> list[SinkOperator]:
    operators = [operator(folder, n, parallelism, attempt) for n in range(parallelism)]
    for subtask, made in enumerate(operators):
        made.restore(hand_over(snapshots, subtask, parallelism, 128))
        made.open(None)
    return operators


def test_the_last_checkpoint_publishes_what_the_end_of_input_left(tmp_path: Path) -> None:
    running = operator(tmp_path, 0, 1, 0)
    running.open(None)
    running.write(["1"])
    running.snapshot(1)
    running.notify_complete(1)
    running.write(["2"])
    running.finish()
    assert published(tmp_path) == []
    running.snapshot(2)
    running.notify_complete(2)
    running.close()
    assert published(tmp_path) == ["1", "2"]
    assert hidden(tmp_path) == []


def test_without_checkpoints_the_end_of_input_publishes(tmp_path: Path) -> None:
    running = operator(tmp_path, 0, 1, 0, checkpointing=False)
    running.open(None)
    running.write(["1", "2"])
    running.finish()
    running.close()
    assert published(tmp_path) == ["1", "2"]


def test_rescaled_up_and_down(tmp_path: Path) -> None:
    number = 0
    running = [operator(tmp_path, 0, 1, 0)]
    running[0].open(None)
    for attempt, parallelism in enumerate((4, 3, 1), 1):
        for of_subtask in running:
            of_subtask.write([str(number)])
            number += 1
        snapshots = [of_subtask.snapshot(attempt) for of_subtask in running]
        for of_subtask in running:
            of_subtask.write(["100"])  # lost with this attempt, and written again by nobody here
            of_subtask.close()
        running = restored(tmp_path, snapshots, parallelism, attempt)
    for of_subtask in running:
        of_subtask.finish()
        of_subtask.snapshot(9)
        of_subtask.notify_complete(9)
        of_subtask.close()
    assert published(tmp_path) == [str(n) for n in range(number)]
    assert hidden(tmp_path) == []
