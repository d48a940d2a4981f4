"""By what name a slot is woken: by its allocation, or by its place in the job, which its replacement has too. Pure."""

from penstock.coordination.messages import Deploy
from penstock.graph.execution_graph import shared_slots
from penstock.graph.job_graph import JobGraph


class Places:
    """With task-local failover neighbours are not told of a new allocation: the slot that takes another's place is
    woken as that one was."""

    def __init__(self, graph: JobGraph, deployment: Deploy) -> None:
        self._placement = deployment.placement
        self._numbers: dict[tuple[str, int], int] | None = None
        if deployment.task_local:
            slots = enumerate(shared_slots(graph))
            self._numbers = {subtask: number for number, slot in slots for subtask in slot}

    def of(self, vertex: str, subtask: int) -> str:
        """Of the slot that a subtask runs in."""
        if self._numbers is None:
            return self._placement[vertex][subtask]
        return f"place-{self._numbers[vertex, subtask]}"

    def own(self, deployment: Deploy, allocation: str) -> str:
        """Of the slot that the deployment is for."""
        if self._numbers is None or not deployment.tasks:
            return allocation
        first = deployment.tasks[0]
        return self.of(first.vertex, first.subtask)
