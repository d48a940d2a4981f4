"""What a command says while it waits for what it has asked of a job."""

from typing import Any

import pytest

from penstock.client.cli.waiting import result_of


class Client:
    def __init__(self, history: list[dict[str, Any]]) -> None:
        self._history = history

    def checkpoints(self, job: str) -> dict[str, Any]:
        return {"history": self._history}

    def job_standing(self, job: str) -> tuple[str, str]:
        return "CREATED", "waiting for 38 of 40 slots"


class Operation:
    trigger = "t"

    def wait(self, meanwhile: Any) -> dict[str, Any]:
        for seconds in (0.5, 2.0, 3.0, 7.5):
            meanwhile(seconds)
        return {"done": True}


@pytest.mark.parametrize(
    ("history", "says"),
    [
        ([], "waiting: job j is CREATED: waiting for 38 of 40 slots"),
        (
            [
                {
                    "id": 7,
                    "status": "IN_PROGRESS",
                    "is_savepoint": True,
                    "num_acknowledged_subtasks": 3,
                    "num_subtasks": 4,
                }
            ],
            "savepoint 7: 3 of 4 subtasks have acknowledged",
        ),
    ],
)
def test_how_it_stands_is_told_now_and_then(
    capsys: pytest.CaptureFixture[str], history: list[dict[str, Any]], says: str
) -> None:
    client: Any = Client(history)
    operation: Any = Operation()
    assert result_of(operation, client, "j") == {"done": True}
    assert capsys.readouterr().err.splitlines() == [f"{says}, 2 s", f"{says}, 8 s"]
