"""The thread of a dispatcher that forgets ended jobs and old logs; of several replicas one forgets at a time."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

import structlog

from penstock.client.config import Configuration, cluster
from penstock.coordination.connection import AWAY, REFUSED
from penstock.coordination.coordination import Coordination
from penstock_dispatcher.cluster_reader import ClusterReader
from penstock_dispatcher.jar_store import JarStore
from penstock_dispatcher.tidying.expiry import expired
from penstock_dispatcher.tidying.needed_blobs import needed_blobs
from penstock_dispatcher.tidying.old_logs import QUIET, sweep_logs

_log = structlog.get_logger(__name__)

#: ms; as long as the mirror of a job's end in checkpoint storage at least
REMEMBERED = 30 * 86_400_000
#: ms between two looks of all replicas together
PAUSE = 60_000
#: ms that a blob must have been of no use: a client that has just uploaded it may be about to submit
GRACE = 3_600_000


class Tidying:
    """`tidy` may be called by anybody at any time; the thread does it once in `pause` ms."""

    def __init__(
        self,
        coordination: Coordination,
        reader: ClusterReader,
        jars: JarStore,
        configuration: Configuration,
        *,
        pause: int = PAUSE,
        grace: int = GRACE,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`clock`: ms since the epoch."""
        self._coordination, self._reader, self._jars = coordination, reader, jars
        self._expiration = configuration.get(cluster.JOBSTORE_EXPIRATION) * 1000
        self._capacity = configuration.get(cluster.JOBSTORE_CAPACITY)
        self._log_dir, self._most_logs = configuration.find(cluster.LOG_DIR), configuration.get(cluster.LOG_MAX)
        self._pause, self._grace, self._clock = pause, grace, clock
        #: processes, and when they were last known to the cluster; since when anybody looks; ms since the epoch
        self._seen: dict[str, int] = {}
        self._since = clock()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="tidying", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.set()

    def tidy(self) -> None:
        """One look. Raises `connection.AWAY`."""
        remains, now = self._coordination.remains, self._clock()
        for job in expired(remains.ended(), now, self._expiration, self._capacity):
            if remains.forget(job, REMEMBERED):
                _log.info("ended job forgotten", job=job)
        gone = remains.sweep_blobs(lambda: needed_blobs(self._coordination, self._reader, self._jars), now, self._grace)
        if gone:
            _log.info("blobs removed that nothing needs", blobs=gone)

    def sweep_logs(self) -> None:
        """One look at the folder of the logs, which may be this machine's alone. Raises `connection.AWAY`."""
        if self._log_dir is None:
            return
        now = self._clock()
        live = {service.id for service in self._reader.services()}
        live |= {row.taskmanager for row in self._reader.slots().taskmanagers}
        self._seen |= dict.fromkeys(live, now)
        self._seen = {process: at for process, at in self._seen.items() if now - at < QUIET}
        if now - self._since < QUIET:
            return  # Redis may have come back empty, and a process that logs nothing announces itself again
        gone = sweep_logs(Path(self._log_dir), self._seen, self._most_logs, now)
        if gone:
            _log.info("logs of ended processes removed", files=gone)

    def _run(self) -> None:
        while not self._stopping.wait(self._pause / 1000):
            _bear("old logs stay", self.sweep_logs)
            _bear("ended jobs stay", self._tidy_in_turn)

    def _tidy_in_turn(self) -> None:
        if self._coordination.remains.turn(self._pause * 9 // 10):
            self.tidy()


def _bear(consequence: str, act: Callable[[], None]) -> None:
    try:
        act()
    except (*AWAY, *REFUSED) as error:
        _log.info(f"{consequence} for now", error=str(error))
    except Exception:
        _log.exception(consequence)
