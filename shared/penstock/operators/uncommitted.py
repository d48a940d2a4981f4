"""Committables between the two phases of a sink's commit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
import tenacity

from penstock.operators.sink_interface import TransientCommitError
from penstock.testing import crash_points

_log = structlog.get_logger(__name__)

#: stands for a checkpoint behind all others, where the end of input commits
END_OF_INPUT = 1 << 63
#: seconds for which a commit is tried again, with the slot standing still; then the task fails
PATIENCE = 10.0

_TRANSIENT = (TransientCommitError, ConnectionError, TimeoutError)


class Uncommitted:
    """What one subtask of a sink has given up by checkpoint, and not committed yet. Commits in their order."""

    def __init__(self, name: str, commit: Callable[[Sequence[Any]], None], patience: float = PATIENCE) -> None:
        self._name, self._commit, self._patience = name, commit, patience
        self._by_checkpoint: dict[int, list[Any]] = {}

    def add(self, checkpoint: int, committables: Sequence[Any]) -> None:
        if committables:
            self._by_checkpoint.setdefault(checkpoint, []).extend(committables)

    def add_all(self, listed: Mapping[int, Sequence[Any]]) -> None:
        """What `listed` gave, here or in a former subtask."""
        for checkpoint, committables in listed.items():
            self.add(checkpoint, committables)

    def listed(self) -> dict[int, tuple[Any, ...]]:
        """For the snapshot: checkpoint -> committables."""
        return {checkpoint: tuple(committables) for checkpoint, committables in self._by_checkpoint.items()}

    def commit_through(self, checkpoint: int) -> list[Any]:
        """Commit what was given up for this checkpoint and those before it, also for one that was aborted; returns it.

        What fails, and does not come right within the patience, is raised with a note, and stays.
        """
        committed: list[Any] = []
        for due in sorted(n for n in self._by_checkpoint if n <= checkpoint):
            committables = self._by_checkpoint[due]
            self._commit_one(due, committables)
            del self._by_checkpoint[due]
            committed += committables
            crash_points.reach("between-commits")
        return committed

    def commit_all(self) -> list[Any]:
        """As `commit_through` the last checkpoint there is."""
        return self.commit_through(END_OF_INPUT)

    def _commit_one(self, checkpoint: int, committables: list[Any]) -> None:
        of = "the end of input" if checkpoint == END_OF_INPUT else f"checkpoint {checkpoint}"
        what = f"operator {self._name!r}: commit of {len(committables)} committables of {of}"
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TRANSIENT),
            wait=tenacity.wait_exponential_jitter(multiplier=0.05, max=1.0, jitter=0.05),
            stop=tenacity.stop_after_delay(self._patience),
            before_sleep=lambda state: _log.warning("commit has to wait", what=what, error=_error_of(state)),
            reraise=True,
        )
        try:
            retrying(self._commit, committables)
        except Exception as e:
            tried = f", tried for {self._patience:.0f} s" if isinstance(e, _TRANSIENT) else ""
            e.add_note(f"{what}{tried}")
            raise


def _error_of(state: tenacity.RetryCallState) -> str:
    error = state.outcome.exception() if state.outcome is not None else None
    return f"{type(error).__name__}: {error}"
