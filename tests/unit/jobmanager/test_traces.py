"""Which decisions are spans."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import JobEvent, LogsCreated
from penstock.service.spans import SpanData
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.traces import spans_of
from tests.unit.jobmanager.checkpoint_messages import acked, complete, mirrored, row, written
from tests.unit.jobmanager.jobs import FLAT_MAP, REF, SOURCE, at, checkpointed, running, task


def spans(made: JobMaster, decision: Decision) -> list[SpanData]:
    return list(spans_of(decision, made.record, 3))


def test_a_completed_checkpoint_is_one_span_however_often_its_row_changes() -> None:
    made = running(2, checkpointed())
    found = spans(made, made.tick(at(10)))
    acks = (acked(1, SOURCE, 0), acked(1, FLAT_MAP, 0), acked(1, FLAT_MAP, 1))
    messages: tuple[JobEvent, ...] = (*acks, written(1), mirrored(1))
    for second, message in enumerate(messages, 11):
        found += spans(made, made.handle(message, at(second)))
    (span,) = found
    assert (span.name, span.start, span.failed) == ("Checkpoint", row(made, 1).triggered_at, False)
    assert span.end == row(made, 1).ended_at
    assert span.attributes["checkpointId"] == 1
    assert (span.attributes["checkpointStatus"], span.attributes["checkpointType"]) == ("COMPLETED", "Checkpoint")
    assert span.attributes["epoch"] == 3


def test_a_job_that_runs_again_is_an_initialization_and_a_recovery() -> None:
    made = running(2, checkpointed())
    made.tick(at(10))
    complete(made, 1, 11)
    made.handle(task(FLAT_MAP, 1, "FAILED", Failure(message="x")), at(15))
    made.handle(task(SOURCE, 0, "CANCELED"), at(15))
    made.handle(task(FLAT_MAP, 0, "CANCELED"), at(15))
    made.tick(at(30))
    made.handle(LogsCreated(generation=1, exchange=(REF,)), at(31))
    found: list[SpanData] = []
    for vertex, subtask in ((SOURCE, 0), (FLAT_MAP, 0), (FLAT_MAP, 1)):
        for state in ("INITIALIZING", "RUNNING"):
            found += spans(made, made.handle(replace(task(vertex, subtask, state), attempt=1), at(32)))
    assert [span.name for span in found] == ["JobInitialization", "Recovery"]
    assert {span.end for span in found} == {at(32).wall}
    assert found[0].start == at(30).wall
    assert found[1].start == at(15).wall
    assert (found[1].attributes["restarts"], found[1].attributes["checkpointId"]) == (1, 1)
