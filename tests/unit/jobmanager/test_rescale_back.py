"""A rescaling to more slots than there are: back to what ran, by itself or as soon as a user asks for less."""

from penstock.coordination.messages import Deploy, GraphStored, RescaleRequested
from penstock.graph.rescaling import parallelisms
from penstock.graph.states import JobState
from penstock_jobmanager.effects import StoreGraph
from penstock_jobmanager.job_master import JobMaster
from tests.unit.jobmanager.checkpoint_messages import commands
from tests.unit.jobmanager.jobs import FLAT_MAP, at, checkpointed
from tests.unit.jobmanager.test_rescale import STORED, logs, refusal, waiting

BACK = "8" * 64


def goes_on(made: JobMaster, parallelism: int) -> None:
    """The graph is stored and the logs are there: deployed from the savepoint of the rescaling."""
    made.handle(GraphStored(graph=BACK, parallelism=parallelism), at(400))
    deploys = [d for d in commands(made.handle(logs(2), at(401)), Deploy) if isinstance(d, Deploy)]
    assert {d.graph for d in deploys} == {BACK} and len(deploys[0].placement[FLAT_MAP]) == parallelism
    assert deploys[0].restore is not None and deploys[0].restore.checkpoint == 1
    assert made.record.job.state is JobState.RUNNING and made.record.job.rescale is None


def test_without_the_slots_it_goes_on_as_it_was_once_their_time_is_over() -> None:
    made = waiting(2, 9)
    decision = made.tick(at(304))
    assert decision.outbox["store-graph:2"] == StoreGraph(parallelism=2)
    assert made.record.job.state is JobState.RESTARTING and not made.record.requests
    assert refusal(made, "t") == (
        "NoResourceAvailableException: could not get 7 of 9 slots within 300 s (slot.request.timeout): start more "
        "TaskManagers, or run it at a lower parallelism; the job goes on at parallelism 2, as before"
    )
    goes_on(made, 2)


def test_while_it_waits_another_parallelism_can_be_asked_for() -> None:
    made = waiting(2, 9)
    made.handle(RescaleRequested(trigger="u", parallelism=1), at(10))
    assert refusal(made, "t") == "overtaken by a rescale to 1, as slots for 9 were missing"
    goes_on(made, 1)
    assert made.record.triggers["u"].state == "COMPLETED"


def test_a_successor_goes_back_too() -> None:
    made = waiting(2, 9)
    made.tick(at(304))
    after = JobMaster(made.record, made.graph, 2, checkpointed())
    after.start(at(305))
    goes_on(after, 2)
    assert parallelisms(after.graph)[FLAT_MAP] == 2


def test_the_parallelism_that_is_waited_for_is_not_asked_for_twice() -> None:
    made = waiting(2, 9)
    made.handle(RescaleRequested(trigger="u", parallelism=9), at(10))
    assert refusal(made, "u").startswith("the job is being rescaled to 9 already")
    made.handle(RescaleRequested(trigger="v", parallelism=129), at(10))
    assert refusal(made, "v").startswith("parallelism 129 is above the maximum")
    assert made.record.triggers["t"].state == "IN_PROGRESS" and made.record.job.graph == STORED


def test_what_is_asked_for_next_may_find_no_slots_either() -> None:
    made = waiting(2, 9)
    made.handle(RescaleRequested(trigger="u", parallelism=4), at(10))
    made.handle(GraphStored(graph=BACK, parallelism=4), at(11))
    made.tick(at(312))
    assert refusal(made, "u").endswith("the job goes on at parallelism 2, as before")
    assert made.record.job.root_failure is None
