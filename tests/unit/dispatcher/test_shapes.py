"""Every call of Flink's own REST snapshot (flink_calls.txt) is answered, with Flink's fields of Flink's types.

Where the snapshot describes Java classes and not bytes, flink_shapes.json has what is on the wire.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.coordination.failure import Failure
from penstock.coordination.rows import FailureRow, SubtaskMetrics, TriggerRow
from penstock.graph.states import JobState
from penstock_dispatcher.disposal_store import DisposalRow
from penstock_dispatcher.openapi.shapes import SHAPES

from .checkpoint_rows import several_checkpoints
from .replica import JOB, SINK, SOURCE, Replica, graph, running

_CALLS = [
    line.split() for line in Path(__file__).with_name("flink_calls.txt").read_text().splitlines() if line[0] != "#"
]
#: (method, path) -> status
CALLS: dict[tuple[str, str], int] = {(method, path): int(status) for _, method, path, status in _CALLS}
OTHER = "9" * 32

#: fields that Flink leaves null too
NULLABLE = {"taskName", "endpoint", "taskManagerId", "savepointFormat", "changelog_storage", "operation"}
NULLABLE |= {"completed", "failed", "ignored", "data", "schedulerExecutionMode"}
#: a source of a plan has none
OPTIONAL = {"inputs"}

#: what is not there, or is not done: its status, and how the message begins
REFUSED = {
    ("POST", "/jobs"): (400, "POST /jobs takes a serialized Java StreamGraph"),
    ("DELETE", "/datasets/:datasetid"): (404, "Dataset dddd"),
    ("GET", "/datasets/delete/:triggerid"): (404, "Operation not found under key: "),
    ("POST", "/jars/:jarid/run-application"): (501, "applications are not run apart"),
    ("PATCH", "/jobs/:jobid/clientHeartbeat"): (501, f"job {JOB} does not depend on its client"),
    ("POST", "/jobs/:jobid/coordinators/:operatorUid"): (501, f"operators of job {JOB} have no coordinators"),
    ("GET", "/jobs/:jobid/rescales/details/:rescaleuuid"): (404, "Rescale eeee"),
}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/savepoint-disposal"): {"savepoint-path": "/s/1"},
    ("POST", "/jobs/:jobid/savepoints"): {"target-directory": "/s"},
    ("POST", "/jobs/:jobid/stop"): {"targetDirectory": "/s"},
    ("PUT", "/jobs/:jobid/resource-requirements"): {
        SOURCE: {"parallelism": {"lowerBound": 1, "upperBound": 4}},
        SINK: {"parallelism": {"lowerBound": 1, "upperBound": 1}},
    },
}


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
        # Jackson's form of a double that is none
        "number": lambda v: v == "NaN" or (isinstance(v, int | float) and not isinstance(v, bool)),
    }
    return [] if fits[shape](value) else [f"{where}: {value!r} is no {shape}"]


@pytest.fixture
def busy(replica: Replica) -> Replica:
    """A running job with metrics and failures, TaskManagers with slots in use, a program; a failed job."""
    replica.taskmanager(slots=4)
    replica.submit()
    replica.occupied(0, "alloc-0")
    replica.executions(running(SOURCE, 0), running(SOURCE, 1), running(SINK, 0))
    replica.coordination.metrics.put(
        JOB, SOURCE, 0, SubtaskMetrics(attempt=0, records_out=5, busy_ms=7, watermark=17, user={"Map <x>.seen": 3})
    )
    failure = Failure(message="ValueError: bad line", traceback="Traceback…", task_name="Map (1/2)")
    replica.commit(f"job:{JOB}", {"failure:1": FailureRow(time=1_700_000_003_000, failure=failure)})
    replica.job_row(JobState.RUNNING, start_time=1_700_000_000_000)
    kinds: dict[str, Any] = {"1": "savepoint", "2": "checkpoint", "3": "rescale"}
    for trigger, kind in kinds.items():
        row = TriggerRow(trigger=trigger * 32, kind=kind, state="COMPLETED", time=1, location="/s", checkpoint=1)
        replica.commit(f"job:{JOB}", {f"trigger:{row.trigger}": row})
    replica.disposals.put(DisposalRow(trigger="3" * 32, path="/s", by="", state="COMPLETED"))
    replica.savepoints.there.add("/s/1")
    several_checkpoints(replica)
    replica.submit(graph(OTHER))
    replica.job_row(
        JobState.FAILED, OTHER, start_time=1_700_000_000_000, end_time=1_700_000_004_000, root_failure=failure
    )
    return replica


def _path(replica: Replica, method: str, path: str) -> str:
    """The path with ids of what there is."""
    if ":jarid" in path:
        uploaded = replica.http.post("/jars/upload", files={"jarfile": ("job.py", b"pass", "text/x-python")})
        path = path.replace(":jarid", uploaded.json()["filename"].rpartition("/")[2])
    trigger = "1" if "savepoints" in path else "2" if "checkpoints" in path else "3"
    job = OTHER if path.endswith("/execution-result") else JOB
    for name, value in {
        ":jobid": job,
        ":applicationid": JOB,
        ":vertexid": SOURCE,
        ":taskmanagerid": "tm-1",
        ":checkpointid": "1",
        ":triggerid": trigger * 32,
        ":subtaskindex": "0",
        ":attempt": "0",
        ":datasetid": "d" * 32,
        ":rescaleuuid": "e" * 32,
        ":operatorUid": "reader",
    }.items():
        path = path.replace(name, value)
    return path + ("?parallelism=3" if path.endswith("/rescaling") else "")


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize("call", sorted(CALLS), ids=" ".join)
def test_every_call_of_flink_is_answered(busy: Replica, call: tuple[str, str], prefix: str) -> None:
    method, path = call
    options: dict[str, Any] = {"json": BODIES[call]} if call in BODIES else {}
    if path == "/jars/upload":
        options = {"files": {"jarfile": ("job.py", b"pass", "text/x-python")}}
    answer = busy.http.request(method, prefix + _path(busy, method, path), **options)
    if call in REFUSED:
        status, message = REFUSED[call]
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"errors"}
        assert answer.json()["errors"][0].startswith(message)
        return
    assert answer.status_code == CALLS[call], answer.text
    assert mismatches(answer.json(), SHAPES[f"{method} {path}"], "$") == []
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


def test_the_list_is_whole() -> None:
    assert len(CALLS) == 83
    assert sum(line[0] in "12" for line in _CALLS) == 67


def test_the_check_itself_finds_what_is_missing_or_ill_typed() -> None:
    assert mismatches({"a": 1}, {"a": "integer", "b": "string"}, "$") == ["$: no field b"]
    assert mismatches({"a": [True]}, {"a": ["integer"]}, "$") == ["$.a[0]: True is no integer"]
