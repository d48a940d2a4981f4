"""RestClient: REST over several dispatchers: the next address where one is gone, again while `rest.retry.*` allows."""

import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx

from penstock.client.addresses import base_urls, configured_addresses, scheme_of
from penstock.client.collect_frames import CollectPage, read_frames
from penstock.client.config import Configuration, rest
from penstock.client.retry_policy import RetryPolicy
from penstock.security.configured import token_of

#: metrics that are asked for in one URL
_NAMES = 40


class RestError(Exception):
    """The cluster answered, with an error. `errors`: its messages, the first of them for humans."""

    def __init__(self, status: int, errors: Sequence[str], method: str = "", path: str = "") -> None:
        self.status, self.errors, self.method, self.path = status, tuple(errors), method, path
        super().__init__(status, self.errors, method, path)

    def __str__(self) -> str:
        return self.errors[0] if self.errors else f"{self.method} {self.path}: HTTP status {self.status}"


class ClusterUnreachable(Exception):  # noqa: N818 (reads as what it says)
    """No dispatcher answered."""

    def __init__(self, addresses: Sequence[str], reason: str) -> None:
        self.addresses, self.reason = tuple(addresses), reason
        super().__init__(self.addresses, reason)

    def __str__(self) -> str:
        where = ", ".join(self.addresses)
        return f"no dispatcher answers at {where}: {self.reason}; is the cluster up, and the address right?"


class RestClient:
    """Thread-safe. All calls block; each may be sent more than once, so each is idempotent on the server's side."""

    def __init__(
        self,
        addresses: Iterable[str],
        configuration: Configuration | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`transport` and `sleep`: for tests. ValueError: no address, or one that is none."""
        configuration = configuration or Configuration()
        self.addresses = base_urls(addresses, configuration.get(rest.REST_PORT), scheme_of(configuration))
        if not self.addresses:
            raise ValueError("no REST address; give one by -m HOST:PORT or set rest.address")
        token = token_of(configuration)
        self._retry = RetryPolicy.of(configuration)
        self._sleep = sleep
        self._preferred = 0
        self._contacted = False
        self._http = httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(
                configuration.get(rest.IDLENESS_TIMEOUT).total_seconds(),
                connect=configuration.get(rest.CONNECTION_TIMEOUT).total_seconds(),
                read=60.0,
            ),
            trust_env=False,
            verify=self._verification(configuration),
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
        )

        # a JobClient keeps its RestClient for as long as anybody asks it, and is never closed itself
        weakref.finalize(self, self._http.close)

    def _verification(self, configuration: Configuration) -> Any:
        if not any(address.startswith("https:") for address in self.addresses):
            return False  # a TLS context takes 30 ms to make
        from penstock.security.tls import client_context

        return client_context(configuration)

    @classmethod
    def from_configuration(cls, configuration: Configuration) -> "RestClient":
        """For the dispatchers that the configuration names."""
        return cls(configured_addresses(configuration), configuration)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> "RestClient":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # -- transport ---------------------------------------------------------------------------------------------------
    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        content: bytes | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        """A response of status 2xx. RestError: any other answer. ClusterUnreachable: none within `rest.retry.*`."""
        waits = self._retry.waits(self._contacted)
        while True:
            reason = "no answer"
            for offset in range(len(self.addresses)):
                index = (self._preferred + offset) % len(self.addresses)
                try:
                    response = self._http.request(
                        method,
                        self.addresses[index] + path,
                        params=params,
                        json=json,
                        content=content,
                        files=files,
                        timeout=httpx.USE_CLIENT_DEFAULT if timeout is None else timeout,
                    )
                except httpx.TransportError as error:
                    reason = str(error) or type(error).__name__
                    continue
                self._preferred, self._contacted = index, True
                if response.status_code == 503:
                    reason = errors_of(response)[0]
                    continue
                if response.is_success:
                    return response
                raise RestError(response.status_code, errors_of(response), method, path)
            wait = next(waits, None)
            if wait is None:
                raise ClusterUnreachable(self.addresses, reason)
            self._sleep(wait)

    def get(self, path: str, **params: str | int) -> Any:
        """The JSON of a GET."""
        return self.request("GET", path, params=params).json()

    # -- Flink's resources -------------------------------------------------------------------------------------------
    def overview(self) -> dict[str, Any]:
        return dict(self.get("/v1/overview"))

    def jobs_overview(self) -> list[dict[str, Any]]:
        return list(self.get("/v1/jobs/overview")["jobs"])

    def job(self, job_id: str) -> dict[str, Any]:
        return dict(self.get(f"/v1/jobs/{job_id}"))

    def job_status(self, job_id: str) -> str:
        return str(self.get(f"/v1/jobs/{job_id}/status")["status"])

    def job_standing(self, job_id: str) -> tuple[str, str]:
        """Its state, and what it waits for: empty where that is nothing."""
        found = self.job(job_id)
        return str(found["state"]), str(found.get("message", ""))

    def job_exceptions(self, job_id: str) -> dict[str, Any]:
        return dict(self.get(f"/v1/jobs/{job_id}/exceptions"))

    def execution_result(self, job_id: str) -> dict[str, Any]:
        return dict(self.get(f"/v1/jobs/{job_id}/execution-result"))

    def job_metrics(self, job_id: str, *names: str) -> dict[str, str]:
        """Metrics of a job by Flink's names, as text."""
        return {m["id"]: m["value"] for m in self.get(f"/v1/jobs/{job_id}/metrics", get=",".join(names))}

    def checkpoints(self, job_id: str) -> dict[str, Any]:
        """Counts, latest, history of a job's checkpoints."""
        return dict(self.get(f"/v1/jobs/{job_id}/checkpoints"))

    def taskmanagers(self) -> list[dict[str, Any]]:
        return list(self.get("/v1/taskmanagers")["taskmanagers"])

    def cancel(self, job_id: str) -> None:
        """RestError 404: no such job; 409: it has ended."""
        self.request("PATCH", f"/v1/jobs/{job_id}", params={"mode": "cancel"})

    def upload_jar(self, name: str, content: bytes) -> str:
        """The id of an uploaded program (.py, .zip, .whl)."""
        files = {"jarfile": (name, content, "application/octet-stream")}
        return str(self.request("POST", "/v1/jars/upload", files=files).json()["filename"]).rpartition("/")[2]

    def run_jar(self, jar_id: str, body: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Run an uploaded program; `timeout` (seconds) bounds main(). With a `jobId` a repetition is recognised."""
        path = f"/v1/jars/{quote(jar_id)}/run"
        return dict(self.request("POST", path, json=dict(body), timeout=timeout).json())

    # -- Penstock's own ----------------------------------------------------------------------------------------------
    def cluster(self) -> dict[str, Any]:
        """`python-versions` of the slots, live services, exchange URLs."""
        return dict(self.get("/penstock/cluster"))

    def logs(self) -> dict[str, Any]:
        """`folder`: whether there is one; `logs`: name, process, size and time of each file."""
        return dict(self.get("/penstock/logs"))

    def log(self, name: str, **parameters: int) -> dict[str, Any]:
        """Whole lines of a log: from byte `after` on, else the last ones, at most `most` bytes."""
        return dict(self.get(f"/penstock/logs/{quote(name, safe='')}", **parameters))

    def job_view(self, job_id: str, vertex: str | None = None) -> dict[str, Any]:
        """A job with all its subtasks' counters, as its page shows it; of `vertex` with its functions' metrics."""
        return dict(self.get(f"/penstock/views/jobs/{job_id}", **({} if vertex is None else {"vertex": vertex})))

    def all_job_metrics(self, job_id: str) -> dict[str, str]:
        """All metrics of a job by Flink's names, as text."""
        return self._metrics(f"/v1/jobs/{job_id}/metrics")

    def vertex_metrics(self, job_id: str, vertex: str) -> dict[str, str]:
        """`<subtask>.<name>` of a vertex, as text."""
        return self._metrics(f"/v1/jobs/{job_id}/vertices/{vertex}/metrics")

    def _metrics(self, path: str) -> dict[str, str]:
        names = [metric["id"] for metric in self.get(path)]
        found: dict[str, str] = {}
        for n in range(0, len(names), _NAMES):
            found |= {m["id"]: m["value"] for m in self.get(path, get=",".join(names[n : n + _NAMES]))}
        return found

    def missing_blobs(self, digests: Iterable[str]) -> list[str]:
        """Those of the sha256 digests that the cluster does not have."""
        body = {"blobs": sorted(digests)}
        return list(self.request("POST", "/penstock/blobs/missing", json=body).json()["missing"])

    def put_blob(self, digest: str, content: bytes) -> None:
        self.request("PUT", f"/penstock/blobs/{digest}", content=content)

    def submit(self, graph: bytes) -> str:
        """Submit an encoded JobGraph; its job id. RestError 409: the id is taken by another job."""
        return str(self.request("POST", "/penstock/jobs", content=graph).json()["jobid"])

    def collect(self, job_id: str, collect_id: str, after: str) -> CollectPage:
        """The entries of an `execute_and_collect` behind position `after`."""
        response = self.request(
            "GET", f"/penstock/jobs/{job_id}/collect/{quote(collect_id, safe='')}", params={"position": after}
        )
        return read_frames(response.content)


def errors_of(response: httpx.Response) -> list[str]:
    """The messages of an error response; what it says instead, where it is not in Flink's form."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("errors"), list) and body["errors"]:
        return [str(e) for e in body["errors"]]
    return [f"HTTP status {response.status_code}: {response.text[:200]}".rstrip(": ")]
