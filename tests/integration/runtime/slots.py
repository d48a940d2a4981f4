"""Slot processes without a cluster: the test is JobMaster and TaskManager in one."""

import subprocess
import sys
import time
from typing import Any, TypeVar

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.metadata_building import metadata_of
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration
from penstock.coordination.connection import connect
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.messages import (
    CancelTasks,
    CheckpointAcked,
    Deploy,
    JobEvent,
    NotifyCheckpointAborted,
    NotifyCheckpointComplete,
    ReleaseSlot,
    RestoreRef,
    TaskAttempt,
    TaskStateChanged,
    TriggerCheckpoint,
    decode,
    encode,
)
from penstock.exchange.elements import CancelCheckpoint
from penstock.exchange.input_log import FIRST_ID, format_id
from penstock.exchange.log_admin import cancel_checkpoint, create_logs, delete_logs
from penstock.graph.compiled import CompiledJob

E = TypeVar("E")

SLOT_PROGRAM = """
import sys
from penstock.client.config import Configuration
from penstock.runtime.slot import run_slot
url, prefix, job, allocation = sys.argv[1:]
run_slot(Configuration({}), url, prefix, job, allocation, taskmanager="tm")
"""


class Cluster:
    """One job on slot processes; `placement`: vertex id -> allocation of each subtask."""

    def __init__(self, url: str, prefix: str, compiled: CompiledJob, placement: dict[str, tuple[str, ...]]) -> None:
        self.url, self.keys, self.graph, self.placement = url, Keys(prefix), compiled.graph, placement
        self.coordination = Coordination.connect(url, prefix)
        self.job = compiled.graph.job_id
        for digest, data in compiled.blobs.items():
            assert self.coordination.blobs.put(data) == digest
        self._graph_digest = self.coordination.blobs.put(encode(compiled.graph))
        self._exchange = connect(url)
        self._refs = create_logs({url: self._exchange}, self.keys, compiled.graph, 0)
        self._cursor = "0-0"
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.heard: list[Any] = []
        self.generation = self.attempt = 0
        self.checkpointing = False
        self.restore: RestoreRef | None = None
        #: with task-local failover: vertices whose logs are kept, how much of one, the attempts that are not the first
        self.retained: tuple[str, ...] | None = None
        self.retained_bytes, self.decided = 64 << 20, 0
        self.attempt_of: dict[tuple[str, int], int] = {}

    def start(self, *allocations: str) -> None:
        for allocation in allocations:
            command = [sys.executable, "-c", SLOT_PROGRAM, self.url, self.keys.prefix, self.job, allocation]
            self.processes[allocation] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def attempts(self, allocation: str) -> tuple[TaskAttempt, ...]:
        return tuple(
            TaskAttempt(vertex=vertex, subtask=subtask, attempt=self.attempt_of.get((vertex, subtask), self.attempt))
            for vertex, allocations in self.placement.items()
            for subtask, a in enumerate(allocations)
            if a == allocation
        )

    def deploy(self, *allocations: str) -> None:
        for allocation in allocations:
            self._command(
                allocation,
                Deploy(
                    epoch=1,
                    graph=self._graph_digest,
                    generation=self.generation,
                    tasks=self.attempts(allocation),
                    placement=self.placement,
                    exchange=self._refs,
                    restore=self.restore,
                    checkpointing=self.checkpointing,
                    task_local=self.retained is not None,
                    retained=self.retained or (),
                    retained_bytes=self.retained_bytes,
                    decided=self.decided,
                ),
            )

    def replace(self, ref: RestoreRef | None, decided: int, allocation: str, *tasks: tuple[str, int]) -> None:
        """New attempts of these alone, in this slot, as task-local failover has it."""
        self.restore, self.decided = ref, decided
        for vertex, subtask in tasks:
            self.attempt_of[vertex, subtask] = self.attempt_of.get((vertex, subtask), self.attempt) + 1
            slots = list(self.placement[vertex])
            slots[subtask] = allocation
            self.placement = {**self.placement, vertex: tuple(slots)}
        self.deploy(allocation)

    def tell(self, allocation: str, command: Any) -> None:
        self._command(allocation, command)

    def cancel(self, allocation: str) -> None:
        self._command(allocation, CancelTasks(epoch=1, tasks=self.attempts(allocation)))

    # -- checkpoints -------------------------------------------------------------------------------------------------

    @property
    def storage(self) -> CheckpointStorage:
        return CheckpointStorage.of(Configuration(dict(self.graph.configuration)), self.job)

    def trigger(self, checkpoint: int, *allocations: str, **options: Any) -> None:
        """To the sources in these slots."""
        sources = {v.id for v in self.graph.vertices} - {e.target for e in self.graph.edges}
        where = self.storage.checkpoint_directory(checkpoint)
        barrier = CheckpointOptions(directory=where, timestamp=time.time_ns() // 1_000_000, **options)
        for allocation in allocations:
            tasks = tuple(t for t in self.attempts(allocation) if t.vertex in sources)
            self._command(allocation, TriggerCheckpoint(epoch=1, checkpoint=checkpoint, tasks=tasks, options=barrier))

    def wait_for_acks(self, checkpoint: int, count: int) -> dict[tuple[str, int], SubtaskState]:
        self.wait(CheckpointAcked, lambda _: len(self.acks(checkpoint)) >= count)
        return {(a.vertex, a.subtask): a.state for a in self.acks(checkpoint)}

    def acks(self, checkpoint: int) -> list[CheckpointAcked]:
        """Those of the newest attempts: what a zombie says does not count for a JobMaster either."""
        heard = [e for e in self.heard if isinstance(e, CheckpointAcked) and e.checkpoint == checkpoint]
        return [a for a in heard if a.attempt == self.attempt_of.get((a.vertex, a.subtask), self.attempt)]

    def complete(self, checkpoint: int, states: dict[tuple[str, int], SubtaskState], *allocations: str) -> RestoreRef:
        """Write the metadata, and say so to the slots."""
        storage = self.storage
        path, _, checksum = storage.write_metadata(
            storage.checkpoint_directory(checkpoint), metadata_of(self.graph, checkpoint, states)
        )
        for allocation in allocations:
            self._command(allocation, NotifyCheckpointComplete(epoch=1, checkpoint=checkpoint))
        return RestoreRef(checkpoint=checkpoint, path=path, checksum=checksum)

    def abort(self, checkpoint: int, *allocations: str) -> None:
        for allocation in allocations:
            self._command(allocation, NotifyCheckpointAborted(epoch=1, checkpoint=checkpoint))
        cancel = CancelCheckpoint(checkpoint, 1)
        cancel_checkpoint({self.url: self._exchange}, self.keys, self.graph, self.generation, cancel)

    def restart(self, ref: RestoreRef, *allocations: str) -> None:
        """New attempts of everything, in new logs, from a checkpoint."""
        for allocation in allocations:
            self.cancel(allocation)
        old = self.generation
        self.generation, self.attempt, self.restore = old + 1, self.attempt + 1, ref
        self._refs = create_logs({self.url: self._exchange}, self.keys, self.graph, self.generation)
        self.deploy(*allocations)
        delete_logs({self.url: self._exchange}, self.keys, self.graph, old)

    def release(self, *allocations: str) -> None:
        for allocation in allocations:
            self._command(allocation, ReleaseSlot(epoch=1, allocation=allocation, job=self.job))

    def _command(self, allocation: str, command: Any) -> None:
        self.coordination.events.append(self.keys.slot_commands(self.job, allocation), encode(command))

    def wait_for(self, state: str, count: int, timeout: float = 30) -> list[TaskStateChanged]:
        """Until that many tasks reported the state."""
        deadline = time.monotonic() + timeout
        while len(self.of_state(state)) < count:
            assert time.monotonic() < deadline, f"{count} times {state} did not come: {self.heard}"
            self._read()
        return self.of_state(state)

    def wait(self, kind: type[E], until: Any, timeout: float = 60) -> list[E]:
        """Until the events of a kind are as they should be."""
        deadline = time.monotonic() + timeout
        while not until(found := [e for e in self.heard if isinstance(e, kind)]):
            assert time.monotonic() < deadline, f"{kind.__name__} as expected did not come: {self.heard}"
            self._read()
        return found

    @property
    def events(self) -> list[TaskStateChanged]:
        """What happened to the tasks of the current attempt."""
        now = self.attempt_of
        heard = [e for e in self.heard if isinstance(e, TaskStateChanged)]
        return [e for e in heard if e.attempt == now.get((e.vertex, e.subtask), self.attempt)]

    def of_state(self, state: str) -> list[TaskStateChanged]:
        return [e for e in self.events if e.state == state]

    def _read(self) -> None:
        stream = self.keys.events(f"job:{self.job}")
        for entry, payload in self.coordination.events.read({stream: self._cursor}, 200).get(stream, []):
            self._cursor = entry
            self.heard.append(decode(payload, JobEvent))  # type: ignore[arg-type]  # mypy: a union is no type

    def output(self, allocation: str) -> list[str]:
        """What a released slot has printed, its log lines apart."""
        out, _ = self.processes[allocation].communicate(timeout=30)
        return [line for line in out.splitlines() if "[info" not in line and "[error" not in line]

    def was_written(self, vertex: str, subtask: int) -> bool:
        """Whether anything was ever appended to the input log of a subtask."""
        found = self._exchange.xinfo_stream(self.keys.input_log(self.job, 0, vertex, subtask))
        return str(found["last-generated-id"]) != format_id(FIRST_ID).decode()

    def close(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.coordination.close()
        self._exchange.close()
