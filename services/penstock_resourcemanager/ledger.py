"""The committed rows as data: TaskManagers, slots that are not free, demands, workers.

Every change is noted in the decision.
"""

from collections.abc import Mapping

from penstock.coordination.messages import decode
from penstock.coordination.rows import DemandRow, LedgerRow, TaskManagerRow, WorkerRow
from penstock_resourcemanager.decision import Decision

SlotId = tuple[str, int]


def taskmanager_row(taskmanager: str) -> str:
    return f"taskmanager:{taskmanager}"


def slot_row(taskmanager: str, slot: int) -> str:
    return f"slot:{taskmanager}:{slot}"


def worker_row(worker: str) -> str:
    return f"worker:{worker}"


def demand_row(job: str) -> str:
    return f"job:{job}"


class Ledger:
    """Rows by their identity. A slot of a registered TaskManager without a row is free."""

    def __init__(self) -> None:
        self.taskmanagers: dict[str, TaskManagerRow] = {}
        self.slots: dict[SlotId, LedgerRow] = {}
        self.demands: dict[str, DemandRow] = {}
        self.workers: dict[str, WorkerRow] = {}
        self.decision = Decision()

    @classmethod
    def load(cls, rows: Mapping[str, bytes]) -> "Ledger":
        """From the committed rows. ValueError names a row that is none of ours."""
        ledger = cls()
        for name, raw in rows.items():
            if name.startswith("taskmanager:"):
                taskmanager = decode(raw, TaskManagerRow)
                ledger.taskmanagers[taskmanager.taskmanager] = taskmanager
            elif name.startswith("slot:"):
                slot = decode(raw, LedgerRow)
                ledger.slots[slot.taskmanager, slot.slot] = slot
            elif name.startswith("job:"):
                demand = decode(raw, DemandRow)
                ledger.demands[demand.job] = demand
            elif name.startswith("worker:"):
                worker = decode(raw, WorkerRow)
                ledger.workers[worker.worker] = worker
            else:
                raise ValueError(f"unknown row {name!r} in the ResourceManager's ledger")
        return ledger

    def take_decision(self) -> Decision:
        """Everything noted since the last call."""
        decision, self.decision = self.decision, Decision()
        return decision

    def put_taskmanager(self, row: TaskManagerRow) -> None:
        if self.taskmanagers.get(row.taskmanager) != row:
            self.taskmanagers[row.taskmanager] = row
            self.decision.rows[taskmanager_row(row.taskmanager)] = row

    def drop_taskmanager(self, taskmanager: str) -> None:
        del self.taskmanagers[taskmanager]
        self.decision.rows[taskmanager_row(taskmanager)] = None

    def put_slot(self, row: LedgerRow) -> None:
        self.slots[row.taskmanager, row.slot] = row
        self.decision.rows[slot_row(row.taskmanager, row.slot)] = row

    def drop_slot(self, row: LedgerRow) -> None:
        del self.slots[row.taskmanager, row.slot]
        self.decision.rows[slot_row(row.taskmanager, row.slot)] = None

    def put_demand(self, row: DemandRow) -> None:
        self.demands[row.job] = row
        self.decision.rows[demand_row(row.job)] = row

    def drop_demand(self, job: str) -> None:
        if self.demands.pop(job, None) is not None:
            self.decision.rows[demand_row(job)] = None

    def put_worker(self, row: WorkerRow) -> None:
        if self.workers.get(row.worker) != row:
            self.workers[row.worker] = row
            self.decision.rows[worker_row(row.worker)] = row

    def drop_worker(self, worker: str) -> None:
        del self.workers[worker]
        self.decision.rows[worker_row(worker)] = None

    def leaving(self) -> set[str]:
        """TaskManagers that are being ended: none of their slots is given to anybody."""
        return {row.worker for row in self.workers.values() if row.state == "STOPPING"}

    def slots_of(self, taskmanager: str) -> list[LedgerRow]:
        """Its slots that are not free, by number."""
        return [row for (owner, _), row in sorted(self.slots.items()) if owner == taskmanager]

    def granted_requests(self) -> set[str]:
        """Request ids that a slot is set aside for."""
        return {row.request for row in self.slots.values()}

    def jobs(self) -> set[str]:
        """Jobs that hold or want slots."""
        return {row.job for row in self.slots.values()} | self.demands.keys()
