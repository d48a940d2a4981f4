"""The words of the progress display, and the rates in them."""

from typing import Any

import pytest

from penstock.client.cli.flows import flows, read_by_sources
from penstock.client.cli.progress import _SUMMARY_EVERY, _Log, headline, summary, totals_of


def subtask(number: int = 0, **changes: Any) -> dict[str, Any]:
    measured = {
        "records-in": 0,
        "records-out": 0,
        "bytes-in": 0,
        "bytes-out": 0,
        "busy": 0,
        "backpressured": 0,
        "idle": 0,
        "watermark": None,
        "latency": None,
        "final": False,
    }
    fields = {name: changes.pop(name) for name in list(changes) if name in measured}
    return {
        "subtask": number,
        "state": "RUNNING",
        "attempt": 0,
        "depth": None,
        "measured": {**measured, **fields},
        **changes,
    }


def job(*subtasks: dict[str, Any], now: int = 10_000, **changes: Any) -> dict[str, Any]:
    return {
        "now": now,
        "id": "ab" * 16,
        "state": "RUNNING",
        "message": "",
        "restarts": 0,
        "checkpoints": {"completed": 0, "failed": 0, "latest": None},
        "vertices": [{"id": "v", "name": "Source: lines", "subtasks": list(subtasks)}],
        **changes,
    }


def test_a_job_that_waits_says_for_what() -> None:
    waiting = job(state="CREATED", message="waiting for 2 of 4 slots")
    assert headline(waiting) == f"Job {'ab' * 16} CREATED: waiting for 2 of 4 slots"


def test_a_job_without_a_message() -> None:
    assert headline(job()) == f"Job {'ab' * 16} RUNNING"


def test_states_and_counts() -> None:
    told = job(*(subtask(n) for n in range(3)), subtask(3, state="FINISHED", **{"records-out": 12345}))
    assert summary(told, flows(None, told)) == "Source: lines: 3 RUNNING, 1 FINISHED, 0 in, 12,345 out"


def test_rates_are_of_subtasks_that_have_not_begun_anew() -> None:
    before = job(subtask(0, **{"records-out": 100}), subtask(1, **{"records-out": 900}), now=10_000)
    now = job(subtask(0, **{"records-out": 300}), subtask(1, attempt=1, **{"records-out": 7}), now=12_000)
    (flow,) = flows(before, now)
    assert (flow.records_out, flow.rate_out) == (307, 100)
    assert summary(now, [flow]).endswith("307 out (100/s)")


def test_busy_is_that_of_the_worst_subtask_and_lag_that_of_the_latest_watermark() -> None:
    at = 1_700_000_000_000
    before = job(subtask(0), subtask(1), now=at)
    now = job(
        subtask(0, busy=500, watermark=at - 3_000, latency={"median": 1, "p99": 7}, depth=2),
        subtask(1, busy=1800, watermark=at, depth=3),
        now=at + 2_000,
    )
    (flow,) = flows(before, now)
    assert (flow.busy, flow.held_back, flow.lag, flow.depth, flow.latency) == (0.9, 0, 5_000, 5, 7)


def test_a_watermark_that_is_no_time_of_day_is_no_lag() -> None:
    for watermark in (None, -5, 1234, 1 << 62):
        (flow,) = flows(None, job(subtask(0, watermark=watermark), now=1_700_000_000_000))
        assert flow.lag is None


def test_records_are_those_of_the_vertices_without_an_input() -> None:
    plan = {"nodes": [{"id": "v"}, {"id": "w", "inputs": [{"id": "v"}]}]}
    sources = (subtask(0, final=True, **{"records-out": 5}), subtask(1, final=True, **{"records-out": 6}))
    view = job(*sources)
    view["vertices"].append({"id": "w", "name": "Sink", "subtasks": [subtask(0, **{"records-out": 9})]})
    assert read_by_sources(view, plan) == (11, True)
    assert read_by_sources(job(subtask(0, **{"records-out": 5})), plan) == (5, False)


def test_an_attempt_that_has_told_nothing_yet_has_counted_nothing() -> None:
    before = job({**subtask(0), "measured": None}, now=10_000)
    (flow,) = flows(before, job(subtask(0, **{"records-out": 300}), now=12_000))
    assert flow.rate_out == 150


def test_checkpoints_and_restarts_are_told_where_there_were_any() -> None:
    told = job(restarts=2, checkpoints={"completed": 1200, "failed": 1, "latest": None})
    assert summary(told, []) == "1,200 checkpoints; 1 failed checkpoint; 2 restarts"
    assert totals_of(job(restarts=1)) == ["1 restart"]


def lines_of(capsys: pytest.CaptureFixture[str], looks: int, **changes: Any) -> int:
    display = _Log()
    for _ in range(looks):
        display.show(job(**changes), [])
    return len(capsys.readouterr().err.splitlines())


def test_a_job_that_waits_says_so_ever_less_often(capsys: pytest.CaptureFixture[str]) -> None:
    waits = {"state": "CREATED", "message": "waiting for 4 of 4 slots"}
    assert lines_of(capsys, 15 * _SUMMARY_EVERY + 1, **waits) == 5
    assert lines_of(capsys, 15 * _SUMMARY_EVERY + 1) == 16
