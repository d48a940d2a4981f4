"""`penstock tap` against canned answers."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from click.testing import CliRunner, Result

from penstock.client.cli import tap as command
from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.tap_view import edge_lines, record_line
from penstock.client.rest_client import RestError

JOB = "ab" * 16
EDGE = {"id": "op-0", "name": "Source -> Map", "in-chain": True, "sampled-by": "1" * 32, "subtasks": 2}
VERTICES = [
    {"id": "1" * 32, "name": "Source -> Map", "parallelism": 2, "edges": [EDGE]},
    {"id": "2" * 32, "name": "Sink", "parallelism": 1, "edges": []},
]


def record(n: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"{n}-0-0", "subtask": 1, "attempt": 0, "text": f"({n},)", "type": "tuple", "time": 0, **fields}


class Cluster:
    """Answers of a dispatcher: each look gives the next records; then the job has ended."""

    def __init__(self, looks: Sequence[Sequence[dict[str, Any]]], jobs: Sequence[str] = ("RUNNING",)) -> None:
        self.looks, self.jobs = list(looks), jobs
        self.asked: list[dict[str, Any]] = []

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def jobs_overview(self) -> list[dict[str, Any]]:
        return [{"jid": f"{n:x}" * 32, "name": f"job {n}", "state": state} for n, state in enumerate(self.jobs, 10)]

    def get(self, path: str, **query: Any) -> Any:
        if path.endswith("/taps"):
            return {"vertices": VERTICES}
        self.asked.append({"path": path, **query})
        if query.get("edge") == "op-7":
            raise RestError(404, ["vertex 'x' has no edge 'op-7'; it has op-0"])
        if not self.looks:
            raise RestError(409, [f"Job {JOB} is FINISHED: nothing passes in it any more"])
        return {"records": list(self.looks.pop(0)), "cursor": f"{len(self.asked)}-0"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_PERIOD", 0.0)


def run(monkeypatch: pytest.MonkeyPatch, cluster: Cluster, *arguments: str) -> Result:
    monkeypatch.setattr(command, "rest_client", lambda configuration: cluster)
    return CliRunner().invoke(command.tap_command, arguments)


def test_without_a_vertex_it_lists_the_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, Cluster([]))
    assert done.exit_code == 0
    assert done.output.splitlines() == edge_lines(VERTICES)
    assert "  op-0     Source -> Map" in done.output
    assert json.loads(run(monkeypatch, Cluster([]), "--json").output) == VERTICES


def test_it_shows_the_last_records_and_goes_on_behind_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([[], [record(1)], [record(2), record(3)]])
    done = run(
        monkeypatch, cluster, "Source -> Map", "--limit", "2", "--edge", "op-0", "--subtask", "1", "--filter", "x"
    )
    assert done.output.splitlines() == ["1> (2,)", "1> (3,)"]
    assert [a.get("cursor") for a in cluster.asked] == [None, "1-0", "2-0"]
    assert all((a["edge"], a["subtask"], a["filter"]) == ("op-0", 1, "x") for a in cluster.asked)
    assert cluster.asked[0]["path"] == f"/penstock/jobs/{'a' * 32}/vertices/{'1' * 32}/tap"


def test_following_ends_with_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([[record(n) for n in range(9)], [record(9)]])
    done = run(monkeypatch, cluster, "Source", "--follow", "--json", "--limit", "1", "--job", JOB)
    assert done.exit_code == 0
    assert [json.loads(line)["id"] for line in done.output.splitlines()] == ["8-0-0", "9-0-0"]


@pytest.mark.parametrize(
    ("cluster", "arguments", "message"),
    [
        (Cluster([], jobs=()), (), "no job runs"),
        (Cluster([], jobs=("RUNNING", "CREATED")), (), "2 jobs run: name one by --job"),
        (Cluster([]), ("--job", "xyz"), "'xyz' is no job id"),
        (Cluster([]), ("Nowhere",), "no vertex 'Nowhere'"),
        (Cluster([]), ("",), "several vertices ''"),
        (Cluster([]), ("Sink", "--edge", "op-7"), "no edge 'op-7'; it has op-0"),
        (Cluster([]), ("Sink",), "is FINISHED"),
        (Cluster([[]]), ("Sink", "--timeout", "0"), "nothing passed within 0 s"),
    ],
)
def test_what_is_wrong_is_told(
    monkeypatch: pytest.MonkeyPatch, cluster: Cluster, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr(command, "rest_client", lambda configuration: cluster)
    with pytest.raises(CommandFailed, match=message.replace("(", r"\(")):
        command.tap_command.main(list(arguments), standalone_mode=False)


def test_a_record_has_its_key_times_and_producer() -> None:
    line = record_line(record(1, key="'a'", timestamp=0, watermark=-5, producer=3), False)
    assert line == "1> (1,)  [key='a' timestamp=1970-01-01T00:00:00.000Z watermark=-5 from=3]"
    assert "watermark=9223372036854775807" in record_line(record(1, watermark=(1 << 63) - 1), False)
