"""Leading jobs over the in-memory plane: life cycles, poison, fencing, outages, successors."""

from collections.abc import Iterator, Mapping

import pytest
import redis
from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.memory.keyspace import wall_ms
from penstock.coordination.messages import CancelRequested, encode
from penstock.coordination.rows import Claim
from penstock_jobmanager import leader as leader_module
from penstock_jobmanager import suspects
from penstock_jobmanager.job_master import JobMaster
from tests.unit.jobmanager.jobs import FLAT_MAP, JOB, REF, SOURCE, graph, vertex
from tests.unit.jobmanager.setting import Setting

OTHER = "f" * 32


@pytest.fixture
def setting() -> Iterator[Setting]:
    made = Setting()
    yield made
    for manager in made.managers:
        manager.effects.close()


def test_a_job_runs_and_finishes_and_everything_comes_back(setting: Setting) -> None:
    setting.start()
    setting.submit()
    setting.until(setting.running)
    assert setting.managers[0].leader.jobs == (JOB,)
    assert len(setting.cluster.deploys) == 2 and setting.cluster.deploys[0].exchange == (REF,)
    setting.cluster.finish_all()
    setting.until_over("FINISHED")
    space = setting.coordination.space
    assert setting.coordination.keys.claims(JOB) not in space.hashes
    setting.coordination.space.now_ms = lambda: wall_ms() + 3_700_000
    streams = [setting.coordination.keys.events(f"job:{JOB}")]
    streams += [setting.coordination.keys.slot_commands(JOB, a) for a in setting.record().allocations]
    assert len(streams) == 3 and setting.coordination.events.read(dict.fromkeys(streams, "0-0")) == {}


def test_a_user_exception_fails_the_job_and_stops_the_others(setting: Setting) -> None:
    setting.start()
    setting.submit()
    setting.until(setting.running)
    setting.cluster.fail(next(iter(setting.cluster.slots)), Failure(message="ValueError: bad", traceback="user first"))
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None
    assert (root.message, root.traceback, root.task_name) == ("ValueError: bad", "user first", "Source (1/1)")
    assert setting.cluster.cancels


def test_cancel(setting: Setting) -> None:
    setting.start()
    setting.submit()
    setting.until(setting.running)
    setting.cluster.tell(JOB, CancelRequested(by="test"))
    setting.until_over("CANCELED")


def test_a_lost_slot_fails_the_job(setting: Setting) -> None:
    setting.start()
    setting.submit()
    setting.until(setting.running)
    setting.cluster.kill(next(iter(setting.cluster.slots)))
    setting.until_over("FAILED")


def test_too_few_slots_fail_the_job_after_its_timeout(setting: Setting) -> None:
    setting.start(**{"slot.request.timeout": "200 ms"})
    setting.submit(graph(3))
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None and root.message.startswith("NoResourceAvailableException: could not get 3 of 3 slots")


def test_a_hint_that_got_lost_is_sent_again(setting: Setting) -> None:
    setting.start(**{"penstock.slot.claim-timeout": "50 ms"})
    setting.submit()
    setting.cluster.deaf = True
    setting.until(lambda: len(setting.cluster.hints) >= 2)
    setting.cluster.hints.clear()
    setting.cluster.deaf = False
    setting.until(setting.running)


def test_logs_that_cannot_be_made_fail_the_job(setting: Setting) -> None:
    setting.logs.broken = redis.ConnectionError("refused")
    setting.start()
    setting.submit()
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None and "the input logs could not be created: ConnectionError: refused" in root.message


def test_two_jobs_at_once_are_led_in_one_loop(setting: Setting) -> None:
    setting.start()
    setting.submit(graph(1))
    setting.submit(graph(1, OTHER))
    setting.until(lambda: setting.running() and setting.running(OTHER))
    assert setting.managers[0].leader.jobs == (JOB, OTHER)
    setting.cluster.finish_all()
    setting.until_over("FINISHED")
    assert setting.state(OTHER) == "FINISHED"


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        (b"not json", "the JobGraph is malformed"),
        (b"[]", "the JobGraph is malformed"),
        (b'{"job_id": 5}', "the JobGraph is malformed"),
        (encode(graph(2, OTHER)), f"the JobGraph is of job {OTHER}, submitted as {JOB}"),
        (encode(graph(129)), "the parallelism 129 of 'Flat Map' is not within 1 and its max parallelism 128"),
    ],
)
def test_a_graph_that_cannot_run_fails_the_job_once(setting: Setting, blob: bytes, reason: str) -> None:
    setting.start()
    setting.submit(blob=blob)
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None and reason in root.message
    assert setting.record().job.takeovers == 0


def test_a_graph_that_is_not_there_fails_the_job_by_name(setting: Setting) -> None:
    setting.start()
    setting.submit_row(JOB, "0" * 64)
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None and "0" * 64 in root.message


def test_a_job_with_an_ill_typed_option_fails_by_its_key(setting: Setting) -> None:
    setting.start()
    setting.submit(replace(graph(1), configuration={"task.cancellation.timeout": "soon"}))
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None and "task.cancellation.timeout" in root.message


def test_an_exception_of_one_machine_ends_its_job_and_no_other(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting.start()
    setting.submit(graph(1))
    setting.submit(graph(1, OTHER))
    setting.until(lambda: setting.running() and setting.running(OTHER))
    handle = JobMaster.handle

    def poisoned(self: JobMaster, event: object, now: object) -> object:
        if self.record.job.job == JOB:
            raise ZeroDivisionError("poison")
        return handle(self, event, now)  # type: ignore[arg-type]

    monkeypatch.setattr(JobMaster, "handle", poisoned)
    setting.cluster.tell(JOB, CancelRequested())
    setting.until(lambda: setting.state() == "FAILED")
    root = setting.record().job.root_failure
    assert root is not None and root.message == "the JobMaster failed: ZeroDivisionError: poison"
    assert setting.running(OTHER)
    setting.cluster.finish_all()
    setting.until(lambda: setting.state(OTHER) == "FINISHED")


def test_an_event_that_makes_no_sense_is_passed_over(setting: Setting) -> None:
    setting.start()
    setting.submit()
    setting.until(setting.running)
    key = setting.coordination.keys.events(f"job:{JOB}")
    for payload in (b"{", b"[]", b'{"type": "Nothing"}', b'{"v": "x"}', b'{"v": 99, "type": "CancelRequested"}'):
        setting.coordination.events.append(key, payload)
    event = setting.cluster.deploys[0].tasks[0]
    setting.coordination.events.append(
        key,
        b'{"type": "TaskStateChanged", "vertex": "%s", "subtask": 0, "attempt": 0, "allocation": "x", "state": "ODD"}'
        % event.vertex.encode(),
    )
    setting.cluster.finish_all()
    setting.until_over("FINISHED")


def test_rows_that_cannot_be_read_leave_the_job_alone_and_the_others_led(setting: Setting) -> None:
    setting.start()
    setting.coordination.submissions.create(OTHER, "d", "g", "broken", 1, {"job": b"{"})
    setting.submit()
    setting.until(setting.running)
    assert setting.managers[0].leader.jobs == (JOB,)


def test_a_successor_continues_and_nothing_restarts(setting: Setting) -> None:
    first = setting.start()
    setting.submit()
    setting.until(setting.running)
    before = setting.executions()
    first.die()
    setting.managers.remove(first)
    setting.start()
    setting.until(lambda: setting.managers[0].leader.jobs == (JOB,) and setting.record().job.takeovers == 1)
    assert setting.executions() == before
    assert len(setting.cluster.deploys) == 2
    setting.cluster.finish_all()
    setting.until_over("FINISHED")


@pytest.mark.parametrize("turns", range(12))
def test_a_leader_may_die_at_any_point(setting: Setting, turns: int) -> None:
    first = setting.start()
    setting.submit()
    for _ in range(turns):
        first.leader.step()
        setting.cluster.step()
    first.die()
    setting.managers.remove(first)
    setting.start()
    setting.until(setting.running)
    assert sorted(t for d in setting.cluster.deploys for t in map(str, d.tasks)) == sorted(
        {str(t) for d in setting.cluster.deploys for t in d.tasks}
    )
    setting.cluster.finish_all()
    setting.until_over("FINISHED")


def test_a_fenced_leader_drops_the_job_at_once_and_changes_nothing(setting: Setting) -> None:
    first = setting.start()
    setting.submit()
    setting.until(setting.running)
    # the lease runs out unnoticed, another has led since
    setting.coordination.leases.release(f"job:{JOB}", first.renewer.held[f"job:{JOB}"])
    setting.coordination.leases.acquire(f"job:{JOB}", "other", 60_000)
    rows = setting.coordination.store.load(f"job:{JOB}")
    setting.cluster.tell(JOB, CancelRequested())
    setting.until(lambda: not first.leader.jobs)
    assert setting.coordination.store.load(f"job:{JOB}") == rows


def test_a_lost_lease_drops_the_job_and_it_is_led_again(setting: Setting) -> None:
    first = setting.start()
    setting.submit()
    setting.until(setting.running)
    first.renewer.gone.add(f"job:{JOB}")
    first.leader.step()
    setting.until(lambda: setting.record().job.takeovers == 1)
    setting.cluster.finish_all()
    setting.until_over("FINISHED")


def test_while_its_lease_is_unconfirmed_a_leader_does_not_act(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = setting.start()
    setting.submit()
    setting.until(setting.running)
    revision = setting.coordination.store.load(f"job:{JOB}").revision
    setting.cluster.tell(JOB, CancelRequested())
    with monkeypatch.context() as patch:
        patch.setattr(first.renewer, "valid", lambda role: False)
        for _ in range(5):
            first.leader.step()
        assert setting.coordination.store.load(f"job:{JOB}").revision == revision
    setting.until_over("CANCELED")


def test_an_outage_at_any_call_loses_nothing(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third commit fails, every second of those after it got through."""
    setting.start()
    store = setting.coordination.store
    commit, calls = store.commit, [0]

    def flaky(value: object) -> object:
        calls[0] += 1
        if calls[0] % 6 == 0:
            commit(value)  # type: ignore[arg-type]
        if calls[0] % 3 == 0:
            raise redis.ConnectionError("away")
        return commit(value)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "commit", flaky)
    leader = setting.managers[0].leader
    step = leader.step

    def patient() -> None:
        try:
            step()
        except redis.ConnectionError:
            return

    monkeypatch.setattr(leader, "step", patient)
    setting.submit()
    setting.until(setting.running)
    setting.cluster.finish_all()
    setting.until_over("FINISHED")
    assert setting.record().job.takeovers == 0 and len(setting.cluster.deploys) == 2


def test_the_end_of_a_lease_that_nobody_renews_is_looked_for_when_it_comes(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = setting.start()
    manager.leader._poll = 2.0
    setting.submit(graph(1))
    assert setting.coordination.leases.acquire(f"job:{JOB}", "of one that is dead", 300)
    waits, read = list[int](), setting.coordination.events.read

    def noted(cursors: Mapping[str, str], block_ms: int = 0, count: int = 256) -> dict[str, list[tuple[str, bytes]]]:
        waits.append(block_ms)
        return read(cursors, block_ms, count)

    monkeypatch.setattr(setting.coordination.events, "read", noted)
    manager.leader.step()
    assert waits and waits[0] <= 305
    setting.until(setting.running)


def test_poison_that_kills_its_leaders_is_ended_by_the_limit(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    setting.submit()

    def dies(digest: str) -> bytes:
        raise KeyboardInterrupt

    for _ in range(4):
        # a process dies while it reads the graph: nothing of the job is committed but the count
        manager = setting.start(**{"penstock.job.takeover-limit": "3"})
        with monkeypatch.context() as patch:
            patch.setattr(setting.coordination.blobs, "get", dies)
            with pytest.raises(KeyboardInterrupt):
                for _ in range(3):
                    manager.leader.step()
        manager.die()
        setting.managers.remove(manager)
    setting.start(**{"penstock.job.takeover-limit": "3"})
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None and "taken over 4 times" in root.message


def test_poison_does_not_end_the_jobs_that_share_its_leaders(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (leader_module, suspects):
        monkeypatch.setattr(module, "PROBATION", 0.05)
    setting.submit(graph(1))
    setting.submit(graph(1, OTHER))
    poison, get = setting.record(OTHER).job.graph, setting.coordination.blobs.get

    def dies(digest: str) -> bytes:
        if digest == poison:
            raise KeyboardInterrupt
        return get(digest)

    monkeypatch.setattr(setting.coordination.blobs, "get", dies)
    for _ in range(40):
        manager = setting.start()
        try:
            setting.until_over("FAILED", OTHER, settled=False)
            break
        except KeyboardInterrupt:
            manager.die()
            setting.managers.remove(manager)
    root = setting.record(OTHER).job.root_failure
    assert root is not None and "taken over 11 times" in root.message
    setting.until(setting.running)
    assert setting.record().job.takeovers <= suspects.SUSPECT_AFTER + 1


def test_the_events_are_trimmed_up_to_the_committed_cursor(setting: Setting) -> None:
    setting.start()
    setting.submit()
    setting.until(setting.running)
    key = setting.coordination.keys.events(f"job:{JOB}")
    cursor = setting.coordination.store.load(f"job:{JOB}").cursor
    assert cursor != "0-0"
    left = setting.coordination.events.read({key: "0-0"}).get(key, [])
    assert all(entry > cursor for entry, _ in left)


def test_a_clean_leave_gives_the_leases_up(setting: Setting) -> None:
    first = setting.start()
    setting.submit()
    setting.until(setting.running)
    first.leader.close()
    assert setting.coordination.leases.free([f"job:{JOB}"]) == [f"job:{JOB}"]


def test_a_claim_row_is_offered_under_the_leaders_epoch(setting: Setting) -> None:
    setting.start()
    setting.cluster.deaf = True
    setting.submit(graph(1))
    setting.until(lambda: bool(setting.record().allocations))
    allocation = next(iter(setting.record().allocations))
    assert setting.coordination.claims.get(JOB, allocation) == Claim(state="OFFERED", epoch=1, incarnation="i")


def test_slots_are_asked_for_by_the_sharing_groups(setting: Setting) -> None:
    setting.start()
    setting.submit(replace(graph(1), vertices=(vertex(SOURCE, "Source", 1, "io"), vertex(FLAT_MAP, "Flat Map", 1))))
    setting.until(setting.running)
    assert len({e.allocation for e in setting.executions()}) == 2
