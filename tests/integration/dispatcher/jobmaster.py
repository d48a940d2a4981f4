"""A JobMaster that runs nothing: it answers what users ask of a job, with the rows and files that a real one leaves."""

import threading
import time
from pathlib import Path
from typing import Any, cast

import msgspec

from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration
from penstock.coordination.coordination import Coordination
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    CancelRequested,
    CheckpointRequested,
    JobEvent,
    RescaleRequested,
    decode,
    encode,
)
from penstock.coordination.operations import Commit
from penstock.coordination.rows import CheckpointRow, CheckpointsRow, JobRow, TriggerRow
from penstock.graph.job_graph import JobGraph, JobVertex
from penstock.graph.states import JobState


class AnsweringJobMaster:
    """Leads one submitted job until `close`. `delay`: seconds that a checkpoint takes."""

    def __init__(self, coordination: Coordination, job: str, storage: Path, delay: float = 0.0) -> None:
        self.delay = delay
        self.refusal: str | None = None  #: why the next checkpoints fail
        self._coordination, self._job, self._role = coordination, job, f"job:{job}"
        self._storage = CheckpointStorage.of(Configuration({"execution.checkpointing.dir": str(storage)}), job)
        epoch = coordination.leases.acquire(self._role, "answering", 600_000)
        assert epoch is not None
        self._epoch, self._counters = epoch, CheckpointsRow()
        self._cursor, self._stop = "0-0", threading.Event()
        self._commit({"job": msgspec.structs.replace(self._row(), state=JobState.RUNNING, timestamps=self._now_in())})
        self._thread = threading.Thread(target=self._lead)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _row(self) -> JobRow:
        return decode(self._coordination.store.load(self._role).rows["job"], JobRow)

    def _now_in(self, state: JobState = JobState.RUNNING) -> dict[str, int]:
        return {state.value: _now()}

    def _commit(self, rows: dict[str, msgspec.Struct]) -> None:
        revision = self._coordination.store.load(self._role).revision
        encoded: dict[str, bytes | None] = {name: encode(row) for name, row in rows.items()}
        done = self._coordination.store.commit(
            Commit(
                role=self._role,
                epoch=self._epoch,
                revision=revision,
                nonce=f"n{revision}",
                rows=encoded,
                cursor=self._cursor,
            )
        )
        assert done == "OK"

    def _lead(self) -> None:
        stream = self._coordination.keys.events(self._role)
        while not self._stop.is_set():
            for entry, payload in self._coordination.events.read({stream: self._cursor}, 50).get(stream, []):
                self._cursor = entry
                self._answer(decode(payload, cast(type[JobEvent], JobEvent)))

    def _answer(self, event: Any) -> None:
        match event:
            case CancelRequested():
                self._end(JobState.CANCELED)
            case CheckpointRequested():
                self._checkpoint(event)
            case RescaleRequested(trigger=trigger, parallelism=parallelism):
                self._rescale(trigger, parallelism)

    def _checkpoint(self, event: CheckpointRequested) -> None:
        number = self._counters.next_id
        self._counters = msgspec.structs.replace(
            self._counters, next_id=number + 1, triggered=self._counters.triggered + 1
        )
        folder = (
            self._storage.savepoint_directory(event.directory)
            if event.savepoint
            else self._storage.checkpoint_directory(number)
        )
        options = CheckpointOptions(directory=folder, savepoint=event.savepoint, full=event.full, stop=event.stop)
        row = CheckpointRow(checkpoint=number, status="PENDING", options=options, triggered_at=_now(), tasks=4, acked=1)
        kind = "stop" if event.stop != "none" else "savepoint" if event.savepoint else "checkpoint"
        trigger = TriggerRow(
            trigger=event.trigger, kind=cast(Any, kind), state="IN_PROGRESS", time=_now(), checkpoint=number
        )
        names = f"checkpoint:{number}", f"trigger:{event.trigger}"
        self._commit({"checkpoints": self._counters, names[0]: row, names[1]: trigger})
        time.sleep(self.delay)
        if self.refusal is not None:
            failure = Failure(message=self.refusal, traceback=f"Traceback: of the JobMaster\n{self.refusal}")
            self._counters = msgspec.structs.replace(self._counters, failed=self._counters.failed + 1)
            row = msgspec.structs.replace(row, status="FAILED", failure=self.refusal, failed_at=_now())
            trigger = msgspec.structs.replace(trigger, state="FAILED", failure=failure)
            self._commit({"checkpoints": self._counters, names[0]: row, names[1]: trigger})
            return
        metadata = CheckpointMetadata(
            job=self._job, job_name="j", checkpoint=number, timestamp=_now(), savepoint=event.savepoint, vertices=()
        )
        path, _, checksum = self._storage.write_metadata(folder, metadata)
        self._counters = msgspec.structs.replace(self._counters, completed=self._counters.completed + 1)
        row = msgspec.structs.replace(
            row, status="COMPLETED", acked=4, latest_ack=_now(), path=path, checksum=checksum, size=2048
        )
        trigger = msgspec.structs.replace(trigger, state="COMPLETED", location=path)
        self._commit({"checkpoints": self._counters, names[0]: row, names[1]: trigger})
        if event.cancel or event.stop != "none":
            self._end(JobState.CANCELED if event.cancel else JobState.FINISHED)

    def _rescale(self, trigger: str, parallelism: int) -> None:
        stored = self._row()
        graph = msgspec.json.decode(self._coordination.blobs.get(stored.graph), type=JobGraph)
        vertices: tuple[JobVertex, ...] = tuple(
            msgspec.structs.replace(vertex, parallelism=parallelism) for vertex in graph.vertices
        )
        digest = self._coordination.blobs.put(msgspec.json.encode(msgspec.structs.replace(graph, vertices=vertices)))
        row = TriggerRow(trigger=trigger, kind="rescale", state="COMPLETED", time=_now())
        self._commit({"job": msgspec.structs.replace(stored, graph=digest), f"trigger:{trigger}": row})

    def _end(self, state: JobState) -> None:
        row = msgspec.structs.replace(
            self._row(), state=state, end_time=_now(), timestamps={**self._row().timestamps, **self._now_in(state)}
        )
        self._commit({"job": row})


def _now() -> int:
    return time.time_ns() // 1_000_000
