"""What a local job with checkpoints does when it fails: the restart strategy's word, then again from the newest one."""

import sys
import time
from collections.abc import Callable

import structlog

from penstock.client.config import Configuration
from penstock.coordination.failure import Failure
from penstock.coordination.restart_strategy import RestartConfig, after_failure
from penstock.coordination.rows import RestartRow
from penstock.graph.job_graph import JobGraph
from penstock.runtime.local_checkpoints import LocalCheckpoints

_log = structlog.get_logger(__name__)


class LocalRecovery:
    """`checkpoints` of the job, and whether it starts again."""

    def __init__(
        self, graph: JobGraph, configuration: Configuration, submit: Callable[[Callable[[], None]], None]
    ) -> None:
        self.checkpoints = LocalCheckpoints(graph, configuration, submit)
        self._job, self._name = graph.job_id, graph.name
        self._strategy = RestartConfig.of(configuration, checkpointing_enabled=True)
        self._row = RestartRow()
        self._last: Failure | None = None

    def failed(self, failure: Failure | None) -> float | None:
        """Seconds until the job starts again; None: it has failed for good."""
        now = time.time_ns() // 1_000_000
        if failure is not None and failure.incurable:
            return None
        if failure is not None and failure.unusable_checkpoint is not None:
            # to begin anew would write again what was committed
            return 0.0 if self.checkpoints.unusable(failure.unusable_checkpoint) else None
        self._row, delay = after_failure(self._strategy, self._row, now, lost_process=False, seed=self._job)
        if delay is None:
            return None
        cause = "" if failure is None else failure.message
        again = failure is not None and failure.record is not None and _same(self._last, failure)
        if failure is not None and not again:
            # to the terminal, as a program's own uncaught exception: it is not in any log here
            print(failure.traceback, file=sys.stderr)
        _log.warning(
            "job failed at the same record again" if again else "job failed",
            job=self._name,
            cause=cause,
            record=None if failure is None else failure.record,
            restarting_in_seconds=delay / 1000,
        )
        self._last = failure
        return delay / 1000


def _same(one: Failure | None, other: Failure) -> bool:
    return one is not None and (one.record, one.message) == (other.record, other.message)
