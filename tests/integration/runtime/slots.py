"""Slot processes without a cluster: the test is JobMaster and TaskManager in one."""

import subprocess
import sys
import time
from typing import Any

from penstock.coordination.connection import connect
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.messages import (
    CancelTasks,
    Deploy,
    ReleaseSlot,
    TaskAttempt,
    TaskStateChanged,
    decode,
    encode,
)
from penstock.exchange.log_admin import create_logs
from penstock.graph.compiled import CompiledJob

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
        self.events: list[TaskStateChanged] = []

    def start(self, *allocations: str) -> None:
        for allocation in allocations:
            command = [sys.executable, "-c", SLOT_PROGRAM, self.url, self.keys.prefix, self.job, allocation]
            self.processes[allocation] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def attempts(self, allocation: str) -> tuple[TaskAttempt, ...]:
        return tuple(
            TaskAttempt(vertex=vertex, subtask=subtask, attempt=0)
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
                    generation=0,
                    tasks=self.attempts(allocation),
                    placement=self.placement,
                    exchange=self._refs,
                ),
            )

    def cancel(self, allocation: str) -> None:
        self._command(allocation, CancelTasks(epoch=1, tasks=self.attempts(allocation)))

    def release(self, *allocations: str) -> None:
        for allocation in allocations:
            self._command(allocation, ReleaseSlot(epoch=1, allocation=allocation, job=self.job))

    def _command(self, allocation: str, command: Any) -> None:
        self.coordination.events.append(self.keys.slot_commands(self.job, allocation), encode(command))

    def wait_for(self, state: str, count: int, timeout: float = 30) -> list[TaskStateChanged]:
        """Until that many tasks reported the state."""
        deadline = time.monotonic() + timeout
        while len(self.of_state(state)) < count:
            assert time.monotonic() < deadline, f"{count} times {state} did not come: {self.events}"
            self._read()
        return self.of_state(state)

    def of_state(self, state: str) -> list[TaskStateChanged]:
        return [e for e in self.events if e.state == state]

    def _read(self) -> None:
        stream = self.keys.events(f"job:{self.job}")
        for entry, payload in self.coordination.events.read({stream: self._cursor}, 200).get(stream, []):
            self._cursor = entry
            self.events.append(decode(payload, TaskStateChanged))

    def output(self, allocation: str) -> list[str]:
        """What a released slot has printed, its log lines apart."""
        out, _ = self.processes[allocation].communicate(timeout=30)
        return [line for line in out.splitlines() if "[info" not in line and "[error" not in line]

    def log_length(self, vertex: str, subtask: int) -> int:
        return int(self._exchange.xinfo_stream(self.keys.input_log(self.job, 0, vertex, subtask))["entries-added"])

    def close(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.coordination.close()
        self._exchange.close()
