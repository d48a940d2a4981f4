"""Flink's asynchronous operations: asked for under an id that the client chooses, looked up until they are done."""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from penstock.client.rest_client import RestClient

_FIRST_WAIT = 0.01  #: seconds between two polls; doubles up to _LAST_WAIT
_LAST_WAIT = 0.5


class OperationFailed(Exception):  # noqa: N818 (reads as what it says)
    """It was carried out, and did not succeed. `trace`: the whole reason, as the cluster tells it."""

    def __init__(self, message: str, trace: str = "") -> None:
        self.message, self.trace = message, trace
        super().__init__(message, trace)

    def __str__(self) -> str:
        return self.message


class Operation:
    """One that was asked for. Every call asks the cluster anew: it is not the client's, and goes on without it."""

    def __init__(self, rest: RestClient, path: str, trigger: str, sleep: Callable[[float], None] = time.sleep) -> None:
        """`path`: where it is looked up, without the id."""
        self.trigger = trigger
        self._rest, self._path, self._sleep = rest, path, sleep

    def look(self) -> dict[str, Any] | None:
        """The result, None while it is under way. OperationFailed."""
        answer = self._rest.get(f"{self._path}/{self.trigger}")
        if answer["status"]["id"] != "COMPLETED":
            return None
        operation: dict[str, Any] = answer["operation"] or {}
        failure = operation.get("failure-cause", operation.get("failureCause"))
        if failure is not None:
            trace = str(failure.get("stack-trace", ""))
            raise OperationFailed(failure.get("message") or _headline(trace) or "the cluster gave no reason", trace)
        return operation

    def wait(self, meanwhile: Callable[[float], None] = lambda _: None) -> dict[str, Any]:
        """Its result, however long it takes. `meanwhile` is told the seconds so far at every look."""
        began, wait = time.monotonic(), _FIRST_WAIT
        while (result := self.look()) is None:
            meanwhile(time.monotonic() - began)
            self._sleep(wait)
            wait = min(wait * 2, _LAST_WAIT)
        return result


def _headline(trace: str) -> str:
    """The line of a traceback that says what is wrong."""
    lines = [line for line in trace.splitlines() if line.strip()]
    return (lines[-1] if lines and lines[0].startswith("Traceback") else lines[0]) if lines else ""


class JobOperations:
    """Asks for them. RestError 404: no such job; 409: it has ended; 400: what the cluster refuses, with the reason."""

    def __init__(self, rest: RestClient, sleep: Callable[[float], None] = time.sleep) -> None:
        self._rest, self._sleep = rest, sleep

    def savepoint(
        self, job: str, directory: str | None = None, *, cancel: bool = False, form: str = "CANONICAL"
    ) -> Operation:
        """`location` is where it lies. `directory` None: as the cluster is configured."""
        body = {"target-directory": directory, "cancel-job": cancel, "formatType": form}
        return self._post(f"/v1/jobs/{job}/savepoints", body, f"/v1/jobs/{job}/savepoints")

    def stop(
        self, job: str, directory: str | None = None, *, drain: bool = False, form: str = "CANONICAL"
    ) -> Operation:
        """Stop the job with a savepoint, whose `location` is told; `drain`: its input is ended before."""
        body = {"targetDirectory": directory, "drain": drain, "formatType": form}
        return self._post(f"/v1/jobs/{job}/stop", body, f"/v1/jobs/{job}/savepoints")

    def checkpoint(self, job: str, *, full: bool = False) -> Operation:
        """A checkpoint now: `checkpointId`."""
        body = {"checkpointType": "FULL" if full else "CONFIGURED"}
        return self._post(f"/v1/jobs/{job}/checkpoints", body, f"/v1/jobs/{job}/checkpoints")

    def rescale(self, job: str, parallelism: int) -> Operation:
        """Go on at another parallelism, by way of a savepoint."""
        trigger = secrets.token_hex(16)
        params: dict[str, str | int] = {"parallelism": parallelism, "triggerId": trigger}
        self._rest.request("PATCH", f"/v1/jobs/{job}/rescaling", params=params)
        return Operation(self._rest, f"/v1/jobs/{job}/rescaling", trigger, self._sleep)

    def dispose(self, path: str) -> Operation:
        """Remove a savepoint from storage."""
        return self._post("/v1/savepoint-disposal", {"savepoint-path": path}, "/v1/savepoint-disposal")

    def _post(self, path: str, body: Mapping[str, Any], looked_up: str) -> Operation:
        trigger = secrets.token_hex(16)
        self._rest.request("POST", path, json={**body, "triggerId": trigger})
        return Operation(self._rest, looked_up, trigger, self._sleep)
