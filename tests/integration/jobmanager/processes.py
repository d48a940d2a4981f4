"""jobmanager processes beside a fake cluster, over a real Redis."""

import base64
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import orjson
import redis
from msgspec.structs import replace

from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import encode
from penstock.coordination.rows import ExecutionRow, ServiceInfo, Tombstone
from penstock_jobmanager.record import JobRecord
from tests.unit.jobmanager.fake_cluster import FakeCluster
from tests.unit.jobmanager.jobs import graph, new_row

OPTIONS = {"penstock.slot.claim-timeout": "500 ms"}


class JobManagerProcess:
    """`python -m penstock_jobmanager`, its log in a file."""

    def __init__(self, url: str, prefix: str, id: str, folder: Path, **options: str) -> None:
        self.id, self.log = id, folder / f"{id}.log"
        settings = {
            "penstock.redis.url": url,
            "cluster.id": prefix,
            "penstock.service.id": id,
            **OPTIONS,
            **options,
        }
        command = [sys.executable, "-m", "penstock_jobmanager"]
        for key, value in settings.items():
            command += ["-D", f"{key}={value}"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PENSTOCK")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)

    def stop(self, signum: int = signal.SIGTERM) -> int:
        """End it, if it still runs; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signum)
        return self.process.wait(20)


class Processes:
    """One cluster prefix: jobmanagers by id, the fake cluster, and what is seen of them."""

    def __init__(self, url: str, prefix: str, folder: Path, slots: int = 2) -> None:
        self.url, self.prefix, self.folder = url, prefix, folder
        self.coordination = Coordination.connect(url, prefix)
        self.cluster = FakeCluster(self.coordination, slots)
        self.managers: dict[str, JobManagerProcess] = {}

    def start(self, id: str = "jm-1", **options: str) -> JobManagerProcess:
        self.managers[id] = JobManagerProcess(self.url, self.prefix, id, self.folder, **options)
        return self.managers[id]

    def close(self) -> None:
        for manager in self.managers.values():
            manager.stop(signal.SIGKILL)
        self.coordination.close()

    def submit(self, parallelism: int = 2) -> str:
        """A new job's id."""
        job = uuid.uuid4().hex
        digest = self.coordination.blobs.put(encode(graph(parallelism, job)))
        row = encode(replace(new_row(job), graph=digest))
        answer = self.coordination.submissions.create(job, digest, digest, "words", 1, {"job": row})
        assert answer == "CREATED"
        return job

    def record(self, job: str) -> JobRecord:
        state = self.coordination.store.load(f"job:{job}")
        return JobRecord.load(state.rows, state.outbox)

    def executions(self, job: str) -> list[ExecutionRow]:
        return list(self.record(job).executions.values())

    def running(self, job: str) -> bool:
        found = self.executions(job)
        return bool(found) and all(e.state == "RUNNING" for e in found)

    def service(self, id: str) -> ServiceInfo | None:
        return next((info for info in self.coordination.registry.alive() if info.id == id), None)

    def leader(self, job: str) -> str | None:
        """Who says that it leads the job."""
        return next((info.id for info in self.coordination.registry.alive() if job in info.jobs), None)

    def step(self) -> None:
        """The fake cluster does what is due; Redis may be away."""
        try:
            self._take_hints()
            self.cluster.step()
        except (redis.ConnectionError, redis.TimeoutError):
            time.sleep(0.05)

    def until(self, condition: Callable[[], object], what: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not self._true(condition):
            logs = "\n".join(manager.log.read_text()[-3000:] for manager in self.managers.values())
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{logs}"
            self.step()
            time.sleep(0.01)

    def until_over(self, job: str) -> Tombstone:
        """Drive the cluster until the job is buried."""
        self.until(lambda: self.coordination.submissions.tombstone(job), f"the end of {job}")
        tombstone = self.coordination.submissions.tombstone(job)
        assert tombstone is not None
        return tombstone

    def _true(self, condition: Callable[[], object]) -> bool:
        try:
            return bool(condition())
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def _take_hints(self) -> None:
        queue = "taskmanager.tm-1"
        raw = self.coordination.client.rpop(f"{self.prefix}:celery:{queue}")
        if isinstance(raw, bytes):
            arguments = orjson.loads(base64.b64decode(orjson.loads(raw)["body"]))[0]
            self.cluster.hints.append((queue, *arguments))
