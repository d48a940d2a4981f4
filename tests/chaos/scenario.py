"""What a scenario is: a name, a cluster, a workload, what is done to them, and what must be true of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tests.chaos.harness import Ability, ClusterSpec
from tests.chaos.workloads.job import Workload

if TYPE_CHECKING:
    from tests.chaos.run import Run


@dataclass(frozen=True, slots=True)
class Target:
    """Recovery in seconds. `since`: from when it counts."""

    p50: float
    p99: float
    since: str = "the fault"

    def is_met(self, p50: float, p99: float) -> bool:
        """By the hundredths that are printed."""
        return round(p50, 2) <= self.p50 and round(p99, 2) <= self.p99

    def __str__(self) -> str:
        return f"{self.p50:g} / {self.p99:g}" + ("" if self.since == "the fault" else f" after {self.since}")


#: the recovery targets, by what dies
JOBMANAGER = Target(1.0, 2.5)
SLOT = Target(0.7, 2.0)
TASKMANAGER = Target(3.0, 6.0)
USER_CODE = Target(0.3, 1.0)
COORDINATION = Target(1.0, 1.0, "Redis is up")
EXCHANGE = Target(2.0, 2.0, "Redis is up")
EVERYTHING = Target(10.0, 10.0)

Ending = Literal["FINISHED", "CANCELED", "FAILED"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One of them. `body` is called with a job under way, unless `job` is False; it ends no input and waits for no end.

    `ends`: how the job must end. `keeps_attempts`: no task may be restarted. `no_gap`: its output may not pause.
    `reached`: names of counters of which at least one run must have some (see `sometimes`).
    """

    name: str
    body: "Callable[[Run], None]"
    needs: frozenset[Ability] = frozenset()
    spec: ClusterSpec = field(default_factory=ClusterSpec)
    workload: Workload = field(default_factory=Workload)
    target: Target | None = None
    ends: Ending = "FINISHED"
    keeps_attempts: bool = False
    no_gap: bool = False
    job: bool = True
    may_be_older: bool = False  #: the coordination Redis forgets
    reached: tuple[str, ...] = ()
    seconds: float = 20.0  #: about how long it takes on an idle machine
