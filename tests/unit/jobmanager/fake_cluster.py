"""A ResourceManager, a TaskManager and its slots in one object, speaking the messages over any coordination plane.

Nothing happens but in `step`. Slots take up hints from `hints`: (queue, job, allocation, epoch).
"""

from collections import deque
from dataclasses import dataclass, field
from typing import cast

from penstock.checkpoint.handles import SubtaskState
from penstock.coordination.coordination import Coordination
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    CancelTasks,
    CheckpointAcked,
    Deploy,
    Message,
    NotifyCheckpointAborted,
    NotifyCheckpointComplete,
    ReleaseSlot,
    ResourceEvent,
    SlotCommand,
    SlotLost,
    SlotOffered,
    SlotRequestsCancelled,
    SlotsRequested,
    TaskAttempt,
    TaskManagerCommand,
    TaskStateChanged,
    TriggerCheckpoint,
    decode,
    encode,
)

TASKMANAGER = "tm-1"


@dataclass
class FakeSlot:
    job: str
    allocation: str
    number: int
    claimed: bool = False
    cursor: str = "0-0"
    tasks: dict[TaskAttempt, str] = field(default_factory=dict)


class FakeCluster:
    """`running` lets tasks come up to RUNNING; they end by `finish_all`, `fail`, `kill`, or as they are told."""

    def __init__(self, coordination: Coordination, slots: int) -> None:
        self._plane, self._free = coordination, list(range(slots))
        self.hints: deque[tuple[str, str, str, int]] = deque()
        self.slots: dict[str, FakeSlot] = {}
        self.waiting: dict[str, list[str]] = {}
        self.granted: set[str] = set()
        self.deploys: list[Deploy] = []
        self.cancels: list[CancelTasks] = []
        self.completed: list[int] = []  #: checkpoints, as slots were told
        self.aborted: list[int] = []
        self.stops: set[int] = set()
        self.silent = False  #: tasks acknowledge no checkpoint
        self.deaf = False  #: slots neither take up hints nor read commands
        self._cursors = {"rm": "0-0", "tm": "0-0"}

    @property
    def free(self) -> int:
        return len(self._free)

    def step(self) -> None:
        keys = self._plane.keys
        for payload in self._read("rm", keys.events("resourcemanager")):
            self._on_resource_event(decode(payload, cast(type[ResourceEvent], ResourceEvent)))
        self._grant()
        if not self.deaf:
            while self.hints:
                self._on_hint(*self.hints.popleft())
            for slot in list(self.slots.values()):
                self._read_commands(slot)
        for payload in self._read("tm", keys.taskmanager_commands(TASKMANAGER)):
            command = decode(payload, cast(type[TaskManagerCommand], TaskManagerCommand))
            if isinstance(command, ReleaseSlot):
                self._end(command.allocation)

    def finish_all(self) -> None:
        self._report_all("FINISHED")

    def fail(self, allocation: str, failure: Failure) -> None:
        """The first task of the slot raises."""
        slot = self.slots[allocation]
        self._report(slot, next(iter(slot.tasks)), "FAILED", failure)

    def kill(self, allocation: str) -> None:
        """The slot process dies; its parent says so."""
        slot = self.slots[allocation]
        self._end(allocation)
        self.tell(slot.job, SlotLost(allocation=allocation, reason="killed by signal 9", pid=1))

    def tell(self, job: str, event: Message) -> None:
        self._plane.events.append(self._plane.keys.events(f"job:{job}"), encode(event))

    def _read(self, reader: str, stream: str) -> list[bytes]:
        entries = self._plane.events.read({stream: self._cursors[reader]}).get(stream, [])
        if entries:
            self._cursors[reader] = entries[-1][0]
        return [payload for _, payload in entries]

    def _on_resource_event(self, event: ResourceEvent) -> None:
        match event:
            case SlotsRequested(job=job, requests=requests):
                self.waiting[job] = [request for request in requests if request not in self.granted]
            case SlotRequestsCancelled(job=job):
                self.waiting.pop(job, None)

    def _grant(self) -> None:
        for job, requests in self.waiting.items():
            if len(requests) <= len(self._free):
                for request in requests:
                    self._offer(job, request)
                requests.clear()

    def _offer(self, job: str, request: str) -> None:
        self.granted.add(request)
        slot = FakeSlot(job, f"{request}-1-{len(self.granted)}", self._free.pop(0))
        self.slots[slot.allocation] = slot
        offer = SlotOffered(
            allocation=slot.allocation,
            request=request,
            taskmanager=TASKMANAGER,
            incarnation="i",
            slot=slot.number,
            host="localhost",
            queue="taskmanager.tm-1",
        )
        self.tell(job, offer)
        self.tell(job, offer)  # it may come twice

    def _on_hint(self, queue: str, job: str, allocation: str, epoch: int) -> None:
        if allocation in self.slots and self._plane.claims.claim(job, allocation, epoch, allocation, 1, "i"):
            self.slots[allocation].claimed = True

    def _read_commands(self, slot: FakeSlot) -> None:
        if not slot.claimed:
            return
        stream = self._plane.keys.slot_commands(slot.job, slot.allocation)
        for entry, payload in self._plane.events.read({stream: slot.cursor}).get(stream, []):
            slot.cursor = entry
            match decode(payload, cast(type[SlotCommand], SlotCommand)):
                case Deploy(tasks=tasks) as deploy:
                    self.deploys.append(deploy)
                    for task in tasks:
                        self._report(slot, task, "INITIALIZING")
                        self._report(slot, task, "RUNNING")
                case CancelTasks(tasks=tasks) as cancel:
                    self.cancels.append(cancel)
                    for task in tasks:
                        if slot.tasks.get(task) == "RUNNING":
                            self._report(slot, task, "CANCELED")
                case TriggerCheckpoint() as trigger:
                    self._snapshot(slot.job, trigger)
                case NotifyCheckpointComplete(checkpoint=checkpoint):
                    self.completed.append(checkpoint)
                    if checkpoint in self.stops:
                        self._report_all("FINISHED", slot.allocation)
                case NotifyCheckpointAborted(checkpoint=checkpoint):
                    self.aborted.append(checkpoint)
                case ReleaseSlot():
                    self._end(slot.allocation)

    def _snapshot(self, job: str, trigger: TriggerCheckpoint) -> None:
        """The barrier runs through all tasks of the job at once."""
        if trigger.options.stop != "none":
            self.stops.add(trigger.checkpoint)
        for slot in [] if self.silent else list(self.slots.values()):
            for task in [t for t, state in slot.tasks.items() if state == "RUNNING" and slot.job == job]:
                ack = CheckpointAcked(
                    checkpoint=trigger.checkpoint,
                    vertex=task.vertex,
                    subtask=task.subtask,
                    attempt=task.attempt,
                    state=SubtaskState(size=1),
                )
                self.tell(job, ack)
                self.tell(job, ack)  # a retried XADD

    def _report_all(self, state: str, allocation: str | None = None) -> None:
        for slot in [s for s in self.slots.values() if allocation in (None, s.allocation)]:
            for task, was in list(slot.tasks.items()):
                if was == "RUNNING":
                    self._report(slot, task, state)

    def _report(self, slot: FakeSlot, task: TaskAttempt, state: str, failure: Failure | None = None) -> None:
        slot.tasks[task] = state
        event = TaskStateChanged(
            vertex=task.vertex,
            subtask=task.subtask,
            attempt=task.attempt,
            allocation=slot.allocation,
            state=state,
            failure=failure,
        )
        self.tell(slot.job, event)
        self.tell(slot.job, event)  # a retried XADD

    def _end(self, allocation: str) -> None:
        slot = self.slots.pop(allocation, None)
        if slot is not None:
            self._free.append(slot.number)
