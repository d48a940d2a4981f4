"""What scenarios need of a cluster, whatever it is made of: local processes, containers.

Names of members: `dispatcher-1`, `jobmanager-2`, `resourcemanager-1`, `taskmanager-2`; of a slot process
`taskmanager-2/<anything>`. Faults return once they are done, not once the cluster has noticed. Everything that takes a
member raises KeyError for one that is not there, and `UnsupportedError` for what `abilities` does not list.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Protocol

import redis

from penstock.security.keyring import Keyring

Service = Literal["dispatcher", "jobmanager", "resourcemanager", "taskmanager"]
RedisName = Literal["coordination", "exchange"]
Direction = Literal["both", "requests", "answers"]
SERVICES: tuple[Service, ...] = ("dispatcher", "jobmanager", "resourcemanager", "taskmanager")


class UnsupportedError(Exception):
    """This harness cannot do that."""


class Ability(Enum):
    """What a harness can do; a scenario that needs more is left out."""

    KILL = "SIGKILL a service"
    KILL_SLOT = "SIGKILL a single slot process"
    TERMINATE = "SIGTERM a service"
    PAUSE = "stop a service with all its processes, and let it go on"
    CUT = "cut a service off from Redis: connections hang, nothing gets through"
    ONE_WAY_CUT = "let only one direction through"
    LATENCY = "delay everything between a service and Redis"
    RESET = "reset a service's connections to Redis"
    REPEAT = "send a service's commits once more, late"
    REDIS = "kill and start a Redis"
    REDIS_TAIL = "start the coordination Redis without the tail of its append-only file"
    CRASH_POINT = "kill a process at a place in its code"
    CLOCK = "start a service with its clock wrong"
    STORAGE = "fill or write-protect the folder of checkpoints"


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What a scenario wants of its cluster. Equal specs may share one, as long as it is whole."""

    jobmanagers: int = 2
    resourcemanagers: int = 2
    dispatchers: int = 2
    taskmanagers: int = 2
    slots: int = 2  #: of a TaskManager
    configuration: tuple[tuple[str, str], ...] = ()
    proxied: bool = False  #: the network can be disturbed
    crash_point: str = ""  #: `penstock.testing.crash_points.Point`; the nth process to reach it dies
    crash_nth: int = 1
    clock: tuple[tuple[str, float], ...] = ()  #: member -> seconds that its wall clock is ahead
    storage_bytes: int = 0  #: the folder of checkpoints has room for so much; 0: it is an ordinary folder

    @property
    def total_slots(self) -> int:
        return self.taskmanagers * self.slots


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Of the network between one member and one Redis."""

    kind: Literal["cut", "latency", "reset", "repeat"]
    #: of a cut: what does not get through; requests go to Redis, answers come from it
    direction: Direction = "both"
    seconds: float = 0.0  #: of latency: of each piece; of a repeat: how late
    #: of a repeat: bytes that a request must contain to be sent again
    containing: bytes = b""


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot process that runs something of a job."""

    name: str  #: "taskmanager-2/…"
    jobs: tuple[str, ...]

    @property
    def taskmanager(self) -> str:
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One structured line of a member's log."""

    member: str
    event: str
    fields: Mapping[str, Any] = field(default_factory=dict)


class ChaosCluster(Protocol):
    """A running cluster. `start` and `close` are the only ways in and out."""

    spec: ClusterSpec
    abilities: frozenset[Ability]
    #: shared by the test, the client and the jobs; anything below it may be made and removed
    folder: Path
    #: of checkpoints, as the test sees it
    checkpoints: Path
    #: what opens the rows
    keyring: Keyring

    # -- looking -------------------------------------------------------------------------------------------------------

    @property
    def addresses(self) -> str:
        """REST, as `penstock run -m` takes it: `host:port,host:port`."""

    def seen_by_jobs(self, path: Path) -> str:
        """What a job calls a path below `folder`."""

    def redis_url(self, name: RedisName) -> str:
        """For the test, past all proxies."""

    def redis_url_of_jobs(self, name: RedisName) -> str:
        """For user code in a slot."""

    def members(self, service: Service) -> Sequence[str]:
        """That live now, by name."""

    def member_of(self, taskmanager: str) -> str:
        """Which member has registered under this id; empty: none that lives."""

    def slots(self) -> Sequence[Slot]:
        """Slot processes that live now and run something."""

    def leader(self, role: str) -> str | None:
        """The member that leads `resourcemanager` or `job:<id>`, as the newest announcement says; None: nobody yet."""

    def log_lines(self) -> Iterator[LogLine]:
        """Everything that members (those that died too) have logged since the cluster was made."""

    def crash_point_reached(self) -> int:
        """How often a process came by the crash point of the spec."""

    def leftovers(self) -> Sequence[str]:
        """In words: processes of members that are gone (slots, helpers). Empty on a cluster that has settled."""

    # -- checkpoint storage (with `storage_bytes`) ---------------------------------------------------------------------

    def fill_storage(self) -> None:
        """No byte is left in it."""

    def protect_storage(self) -> None:
        """Nothing can be written."""

    def free_storage(self) -> None:
        """There is room again, and it can be written."""

    # -- members -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start what is missing, Redises too; return once all slots are registered and every dispatcher answers."""

    def start_member(self, member: str) -> None:
        """Start one that is not alive; do not wait for it."""

    def kill(self, member: str, *, whole: bool = False) -> float:
        """SIGKILL the process; its helpers (lease renewer, slots) find out by themselves. `whole`: they die with it at
        once, as a machine does; containers know no other way. Also takes the name of a slot process. When it had died
        (`time.monotonic()`), as well as is known: the command of a container engine alone takes half a second."""

    def terminate(self, member: str) -> None:
        """SIGTERM, and wait until it has left."""

    def pause(self, member: str) -> None:
        """SIGSTOP, with all its processes (slots, lease renewer)."""

    def resume(self, member: str) -> None:
        """SIGCONT."""

    # -- network -------------------------------------------------------------------------------------------------------

    def disturb(self, member: str, name: RedisName, disturbance: Disturbance) -> None:
        """From now on, also new connections; a `reset` is done once. Replaces what was there."""

    def mend(self) -> None:
        """No disturbance any more, anywhere. What a cut held back gets through now where its connection is still there,
        as with a network that was away for a moment."""

    def repeated(self) -> int:
        """How many requests were sent a second time."""

    # -- Redis ---------------------------------------------------------------------------------------------------------

    def redis(self, name: RedisName) -> "redis.Redis":
        """A client of the test's own, past all proxies; the caller closes it."""

    def kill_redis(self, name: RedisName) -> None:
        """SIGKILL."""

    def start_redis(self, name: RedisName) -> None:
        """Start a killed one with what it has kept, at its address; return once it answers."""

    def start_redis_without_tail(self, entries: int) -> None:
        """Start the killed coordination Redis without the last so many commands of its append-only file."""

    def close(self) -> None:
        """End everything that belongs to the cluster."""


class Harness(Protocol):
    """Makes clusters."""

    name: str  #: "processes", "containers"
    abilities: frozenset[Ability]

    def make(self, spec: ClusterSpec, folder: Path) -> ChaosCluster:
        """A cluster in an empty folder, started and whole."""
