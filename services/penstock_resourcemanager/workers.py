"""Which workers there are to be. Pure: rows and observations in, changed rows out.

A worker:  STARTING -> UP (its TaskManager registered) -> STOPPING (idle, lost, or never registered) -> no row.

The row is committed before the driver is asked to start, so that a ResourceManager that dies in between leaves a row
without a process, which is dropped, and one that dies after it leaves a process with a row, which is adopted. One that
is superseded in between and starts its worker late makes a process without a row: that is adopted too.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from penstock.coordination.rows import WorkerRow
from penstock_resourcemanager.ledger import Ledger
from penstock_resourcemanager.observed import Observed

PREFIX = "worker-"
#: seconds within which a started process must be seen to run
_APPEARS_WITHIN = 10.0
#: seconds until another is started after one that ended by itself before it registered
_PAUSE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPolicy:
    """`slots`: of one worker. `least`, `most`: slots of all TaskManagers, others' too. Times in seconds."""

    slots: int
    most: int
    least: int = 0
    idle_timeout: float = 30.0
    start_timeout: float = 300.0


class Workers:
    """One leader's. A successor gives each worker the full time for whatever it waits for."""

    def __init__(self, ledger: Ledger, policy: WorkerPolicy, name: str) -> None:
        """`name`: part of the ids that are given; random, so that none is given twice."""
        self._ledger, self._policy, self._name = ledger, policy, name
        self._counter = 0
        self._since: dict[tuple[str, str], float] = {}
        self._not_before = 0.0
        #: started by this leader, and to be asked for
        self.to_start: list[str] = []

    @property
    def to_stop(self) -> list[str]:
        """To be asked for again and again, until they are gone."""
        return [row.worker for row in self._ledger.workers.values() if row.state == "STOPPING"]

    def settle(self, missing: int, observed: Observed) -> None:
        """`missing`: slots that are wanted and not there. Does nothing where no driver has been looked at."""
        if observed.workers is None:
            return
        self._adopt(observed)
        for row in list(self._ledger.workers.values()):
            self._follow(row, missing, observed)
        self._start(missing, observed)
        known = {(row.worker, row.state) for row in self._ledger.workers.values()}
        self._since = {key: since for key, since in self._since.items() if key in known}

    def _adopt(self, observed: Observed) -> None:
        assert observed.workers is not None
        registered = {name for name in self._ledger.taskmanagers if name.startswith(PREFIX)}
        for worker in sorted((observed.workers | registered) - self._ledger.workers.keys()):
            self._put(WorkerRow(worker=worker, state="UP" if worker in registered else "STARTING"))

    def _follow(self, row: WorkerRow, missing: int, observed: Observed) -> None:
        assert observed.workers is not None
        age = observed.now - self._since.setdefault((row.worker, row.state), observed.now)
        registered, runs = row.worker in self._ledger.taskmanagers, row.worker in observed.workers
        match row.state:
            case "STARTING" if registered:
                self._move(row, "UP")
            case "STARTING" if not runs and age > _APPEARS_WITHIN:
                self._not_before = observed.now + _PAUSE
                self._ledger.drop_worker(row.worker)
            case "STARTING" if age > self._policy.start_timeout:
                self._move(row, "STOPPING")
            case "UP" if not registered:
                # it left, or its heartbeat fell silent: what hangs must not come back
                self._move(row, "STOPPING")
            case "UP":
                self._look_whether_idle(row, missing, observed.now)
            case "STOPPING" if not runs and not registered:
                self._ledger.drop_worker(row.worker)
            case _:
                pass

    def _look_whether_idle(self, row: WorkerRow, missing: int, now: float) -> None:
        key = (row.worker, "UP")
        spare = self._total() - self._ledger.taskmanagers[row.worker].slots >= self._policy.least
        if missing or self._ledger.slots_of(row.worker) or not spare:
            self._since[key] = now
        elif now - self._since[key] >= self._policy.idle_timeout:
            self._move(row, "STOPPING")

    def _start(self, missing: int, observed: Observed) -> None:
        if observed.now < self._not_before:
            return
        each = self._policy.slots
        starting = each * sum(row.state == "STARTING" for row in self._ledger.workers.values())
        wanted = max(missing, self._policy.least - self._total()) - starting
        room = self._policy.most - self._total() - starting
        for _ in range(min(-(-wanted // each), room // each)):
            worker = f"{PREFIX}{self._name}-{self._counter}"
            self._counter += 1
            self._put(WorkerRow(worker=worker, state="STARTING"))
            self._since[worker, "STARTING"] = observed.now
            self.to_start.append(worker)

    def _total(self) -> int:
        """Slots of the TaskManagers that stay."""
        leaving = self._ledger.leaving()
        return sum(row.slots for name, row in self._ledger.taskmanagers.items() if name not in leaving)

    def _put(self, row: WorkerRow) -> None:
        self._ledger.put_worker(row)

    def _move(self, row: WorkerRow, state: Literal["UP", "STOPPING"]) -> None:
        self._put(msgspec.structs.replace(row, state=state))
