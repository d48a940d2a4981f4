"""SlotTaps: samples what viewers look at, in all tasks of a slot, for as long as somebody does (docs/tap.md)."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from penstock.coordination.connection import is_away
from penstock.coordination.coordination import Coordination
from penstock.coordination.tap_rows import TapLease, TapReport
from penstock.graph.job_graph import JobGraph
from penstock.runtime.tap.settings import TapSettings
from penstock.runtime.tap.task_taps import TaskTaps
from penstock.runtime.task import Task

_log = structlog.get_logger(__name__)

#: seconds between two openings, and between two reports where nothing was sampled
PERIOD, _HEARTBEAT = 0.2, 1.0
#: seconds that the end of a slot waits for the thread
_PATIENCE = 1.0
#: the least that a subtask shows a second, however many share a point
_LEAST_RATE = 2.0


class SlotTaps:
    """`submit`: has the slot's loop do something between two steps. `tasks`: those of the slot, of the loop."""

    def __init__(
        self,
        coordination: Coordination,
        job: str,
        settings: TapSettings,
        submit: Callable[[Callable[[], None]], None],
        tasks: Callable[[], Sequence[Task]],
    ) -> None:
        self._coordination, self._job, self._settings = coordination, job, settings
        self._submit, self._tasks = submit, tasks
        self._graph: JobGraph | None = None
        self._taps: dict[Task, TaskTaps] = {}
        self._lock = threading.Lock()
        self._reports: dict[tuple[str, str, int], TapReport] = {}
        self._leases: Sequence[TapLease] = ()
        self._ends = 0.0  #: of the last lease, by time.monotonic
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self._asked = False

    # -- of other threads --------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Somebody may look at something. Raises nothing."""
        with self._lock:
            if self._thread is not None or self._closed.is_set():
                self._asked = True
                return
            self._asked = False
            self._reports.clear()  # of viewers that went long ago
            self._thread = threading.Thread(target=self._run, name="slot-taps", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        with self._lock:
            self._closed.set()
            thread = self._thread
        if thread is not None:
            # it may be in a call to a Redis that does not answer
            thread.join(_PATIENCE)

    # -- in the loop -------------------------------------------------------------------------------------------------

    def deployed(self, graph: JobGraph) -> None:
        """Tasks of this graph run from now on."""
        self._graph = graph

    def _look(self) -> None:
        """Have what is wanted now looked at, and no more; keep what was sampled for the thread."""
        leases, graph = self._leases, self._graph
        running = {task: inside for task in self._tasks() if (inside := task.tappable) is not None}
        for task in [t for t in self._taps if t not in running]:
            self._keep(self._taps.pop(task).reports())
        if graph is None:
            return
        for task, (chain, task_input) in running.items():
            rates = self._rates(leases, graph, task)
            taps = self._taps.get(task)
            if taps is None and not rates:
                continue
            if taps is None:
                taps = self._taps[task] = TaskTaps(task, chain, task_input, graph, self._settings.longest)
            taps.want(rates)
            taps.open()
            self._keep(taps.reports())
            if not rates:
                del self._taps[task]

    def _rates(self, leases: Sequence[TapLease], graph: JobGraph, task: Task) -> dict[str, float]:
        rates: dict[str, float] = {}
        for lease in leases:
            if lease.vertex != task.vertex or lease.subtask not in (None, task.info.subtask):
                continue
            whole = self._settings.rate
            rate = whole if lease.subtask is not None else max(_LEAST_RATE, whole / task.info.parallelism)
            rates[lease.point] = max(rate, rates.get(lease.point, 0.0))
        return rates

    def _keep(self, reports: Sequence[TapReport]) -> None:
        with self._lock:
            for report in reports:
                place = report.vertex, report.point, report.state.subtask
                before = self._reports.get(place)
                if before is not None and before.state.attempt == report.state.attempt:
                    # not sent yet: Redis is slow, or away
                    records = (*before.records, *report.records)[-64:]
                    report = TapReport(report.vertex, report.point, report.state, records)
                self._reports[place] = report

    # -- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        sent_at = 0.0
        try:
            while not self._closed.is_set():
                now = time.monotonic()
                with self._lock:
                    due = self._asked or now >= sent_at + _HEARTBEAT or any(r.records for r in self._reports.values())
                    self._asked = False
                if due:
                    sent_at = now
                    self._send()
                self._submit(self._look)
                if not self._leases and self._goes():
                    return
                self._closed.wait(PERIOD)
        except Exception as e:
            if not self._closed.is_set():
                _log.error("taps of this slot are off", exc_info=e)
            self._leases = ()
            self._submit(self._look)
            # the next wake tries again
            with self._lock:
                self._thread = None

    def _send(self) -> None:
        with self._lock:
            reports, self._reports = list(self._reports.values()), {}
        now = time.monotonic()
        try:
            self._leases = self._coordination.taps.publish(self._job, reports)
        except Exception as e:
            if not is_away(e):
                raise
            # samples are lost; leases are counted here meanwhile
            if now >= self._ends:
                self._leases = ()
            return
        self._ends = now + max((lease.left for lease in self._leases), default=0) / 1000

    def _goes(self) -> bool:
        """Nobody looks any more."""
        with self._lock:
            if self._asked:
                return False
            self._thread = None
            return True
