"""Every implemented resource has Flink's fields with Flink's types (extract of Flink's own REST snapshot).

Where the snapshot describes Java classes and not bytes, flink_shapes.json has what is on the wire.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.coordination.messages import Failure
from penstock.coordination.rows import FailureRow, SubtaskMetrics, TriggerRow
from penstock.graph.states import JobState
from penstock_dispatcher.disposal_store import DisposalRow

from .checkpoint_rows import several_checkpoints
from .replica import JOB, SINK, SOURCE, Replica, running

SHAPES: dict[str, Any] = json.loads(Path(__file__).with_name("flink_shapes.json").read_text())
#: fields that Flink leaves null too
NULLABLE = {"taskName", "endpoint", "taskManagerId", "savepointFormat", "changelog_storage"}
#: a source of a plan has none
OPTIONAL = {"inputs"}


def mismatches(value: Any, shape: Any, where: str) -> list[str]:
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no object"]
        if set(shape) == {"*"}:
            return [m for key, item in value.items() for m in mismatches(item, shape["*"], f"{where}.{key}")]
        found = [f"{where}: no field {name}" for name in shape if name not in value and name not in OPTIONAL]
        return found + [
            m
            for name in shape
            if name in value and not (value[name] is None and name in NULLABLE)
            for m in mismatches(value[name], shape[name], f"{where}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no array"]
        return [m for n, item in enumerate(value) for m in mismatches(item, shape[0], f"{where}[{n}]")]
    fits: dict[str, Callable[[Any], bool]] = {
        "any": lambda v: v is not None,
        "object": lambda v: isinstance(v, dict),
        "string": lambda v: isinstance(v, str),
        "boolean": lambda v: isinstance(v, bool),
        "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    }
    return [] if fits[shape](value) else [f"{where}: {value!r} is no {shape}"]


@pytest.fixture
def busy(replica: Replica) -> Replica:
    """A failed job with metrics and failures, TaskManagers with slots in use, a program."""
    replica.taskmanager()
    replica.submit()
    replica.occupied(0, "alloc-0")
    replica.executions(running(SOURCE, 0), running(SOURCE, 1), running(SINK, 0))
    replica.coordination.metrics.put(JOB, SOURCE, 0, SubtaskMetrics(attempt=0, records_out=5, busy_ms=7))
    failure = Failure(message="ValueError: bad line", traceback="Traceback…", task_name="Map (1/2)")
    replica.commit(f"job:{JOB}", {"failure:1": FailureRow(time=1_700_000_003_000, failure=failure)})
    replica.job_row(JobState.FAILED, start_time=1_700_000_000_000, end_time=1_700_000_004_000, root_failure=failure)
    kinds: dict[str, Any] = {"1": "savepoint", "2": "checkpoint", "3": "rescale"}
    for trigger, kind in kinds.items():
        row = TriggerRow(trigger=trigger * 32, kind=kind, state="COMPLETED", time=1, location="/s", checkpoint=1)
        replica.commit(f"job:{JOB}", {f"trigger:{row.trigger}": row})
    replica.disposals.put(DisposalRow(trigger="3" * 32, path="/s", by="", state="COMPLETED"))
    several_checkpoints(replica)
    replica.http.post("/jars/upload", files={"jarfile": ("job.py", b"pass", "text/x-python")})
    return replica


def _trigger(path: str) -> str:
    """The request of that kind, which has been answered."""
    return "1" * 32 if "savepoints" in path else "2" * 32 if "checkpoints" in path else "3" * 32


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize("call", sorted(c for c in SHAPES if c.startswith("GET")))
def test_get_has_flinks_fields(busy: Replica, call: str, prefix: str) -> None:
    path = call.removeprefix("GET ").replace(":jobid", JOB).replace(":vertexid", SOURCE)
    for name, value in {":taskmanagerid": "tm-1", ":checkpointid": "1", ":triggerid": _trigger(path)}.items():
        path = path.replace(name, value)
    answer = busy.http.get(prefix + path)
    assert answer.status_code == 200, answer.text
    assert mismatches(answer.json(), SHAPES[call], "$") == []
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"


def test_upload_and_run_have_flinks_fields(busy: Replica) -> None:
    uploaded = busy.http.post("/v1/jars/upload", files={"jarfile": ("job.py", b"pass", "text/x-python")})
    assert mismatches(uploaded.json(), SHAPES["POST /jars/upload"], "$") == []
    jar = uploaded.json()["filename"].rpartition("/")[2]
    run = busy.http.post(f"/v1/jars/{jar}/run")
    assert mismatches(run.json(), SHAPES["POST /jars/:jarid/run"], "$") == []


def test_the_check_itself_finds_what_is_missing_or_ill_typed() -> None:
    assert mismatches({"a": 1}, {"a": "integer", "b": "string"}, "$") == ["$: no field b"]
    assert mismatches({"a": [True]}, {"a": ["integer"]}, "$") == ["$.a[0]: True is no integer"]
