"""Jobs are spread over the replicas, and spread again when one joins; nothing restarts, and no takeover is counted."""

import random
from collections.abc import Iterator

import pytest

from penstock.coordination.rows import ServiceInfo
from penstock_jobmanager import leader
from penstock_jobmanager.sharing import hands_over, quota, replicas
from tests.unit.jobmanager.jobs import graph
from tests.unit.jobmanager.setting import Setting

JOBS = [f"{number:032x}" for number in range(1, 7)]


def info(id: str, time: int, *jobs: str, service: str = "jobmanager") -> ServiceInfo:
    return ServiceInfo(service=service, id=id, pid=1, host="h", time=time, jobs=jobs)


def test_replicas_are_the_others_that_announced_themselves_just_now() -> None:
    rows = [
        info("own", 10_000, "a"),
        info("b", 9_500, "b", "c"),
        info("dead", 6_000, "c", "d"),
        info("late", 7_500, "b", "e"),
        info("d", 10_000, service="dispatcher"),
    ]
    assert replicas(rows, "own") == {"b": 2, "late": 1}
    assert replicas([], "own") == {}


@pytest.mark.parametrize(
    ("own", "others", "free", "expected"),
    [(0, [], 5, 5), (0, [0], 5, 3), (3, [0], 1, 0), (0, [3], 1, 2), (1, [1, 1], 3, 1), (2, [0], 2, 0), (0, [9], 1, 5)],
)
def test_no_more_than_is_fair_is_taken_at_once(own: int, others: list[int], free: int, expected: int) -> None:
    assert quota(own, others, free) == expected


def test_only_the_most_loaded_one_hands_over() -> None:
    assert not hands_over("a", 5, {})
    assert not hands_over("a", 2, {"b": 1})
    assert hands_over("a", 2, {"b": 0})
    assert hands_over("a", 2, {"b": 2, "c": 0}) and not hands_over("b", 2, {"a": 2, "c": 0})
    assert not hands_over("a", 3, {"b": 4, "c": 0})


@pytest.mark.parametrize("seed", range(20))
def test_handing_over_ends_and_ends_evenly(seed: int) -> None:
    rnd = random.Random(seed)
    counts = {str(i): rnd.randrange(20) for i in range(rnd.randint(1, 6))}
    for _ in range(200):
        giving = [id for id in counts if hands_over(id, counts[id], {o: n for o, n in counts.items() if o != id})]
        assert len(giving) <= 1, "one at a time"
        if not giving:
            break
        counts[giving[0]] -= 1
        counts[min(counts, key=lambda id: counts[id])] += 1
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Setting]:
    monkeypatch.setattr(leader, "DEFERENCE", 0.02)
    monkeypatch.setattr(leader, "HANDOVER_EVERY", 0.02)
    monkeypatch.setattr(leader, "SHORTEST_TERM", 0.05)
    made = Setting(slots=2 * len(JOBS))
    yield made
    for manager in made.managers:
        manager.effects.close()


def all_running(setting: Setting) -> bool:
    return all(setting.running(job) for job in JOBS)


def led(setting: Setting) -> list[int]:
    return sorted(len(manager.leader.jobs) for manager in setting.managers)


def test_a_replica_that_joins_gets_its_share(setting: Setting) -> None:
    setting.start()
    for job in JOBS:
        setting.submit(graph(2, job))
    setting.until(lambda: all_running(setting), "all jobs")
    assert led(setting) == [6]
    setting.start()
    setting.until(lambda: led(setting) == [3, 3], "half of them")
    setting.start()
    setting.until(lambda: led(setting) == [2, 2, 2], "a third of them")
    setting.until(lambda: all(setting.coordination.leases.epoch(f"job:{job}") for job in JOBS))
    for job in JOBS:
        record = setting.record(job)
        assert {e.attempt for e in record.executions.values()} == {0} and record.job.takeovers == 0
    assert len(setting.cluster.deploys) == 2 * len(JOBS), "nothing was deployed again"


def test_jobs_of_one_that_died_are_shared_out(setting: Setting) -> None:
    for _ in range(3):
        setting.start()
    for job in JOBS:
        setting.submit(graph(2, job))
    setting.until(lambda: all_running(setting) and led(setting) == [2, 2, 2], "all jobs")
    dead = setting.managers.pop()
    taken = dead.leader.jobs
    dead.die()
    setting.until(lambda: led(setting) == [3, 3], "all of them again")
    assert all(setting.record(job).job.takeovers == 1 for job in taken)


def test_a_clean_leave_is_no_takeover(setting: Setting) -> None:
    first = setting.start()
    setting.submit(graph(2, JOBS[0]))
    setting.until(lambda: setting.running(JOBS[0]))
    for _ in range(3):
        setting.managers.remove(first)
        first.leader.close()
        first.effects.close()
        assert setting.record(JOBS[0]).job.handed_over
        first = setting.start()
        setting.until(lambda: bool(setting.managers[0].leader.jobs) and not setting.record(JOBS[0]).job.handed_over)
    assert setting.record(JOBS[0]).job.takeovers == 0
