"""What a sink is made of: writers, and the commit of what they have written.

In the shape of Flink's Sink V2, reduced to what the runtime calls. `docs/connectors.md` has a worked example.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


class TransientCommitError(Exception):
    """A commit did not succeed, and may when it is tried again. So may ConnectionError and TimeoutError."""


@dataclass(frozen=True, slots=True)
class WriterContext:
    """Which subtask a writer writes for.

    `restored`: what the `snapshot` of former writers gave, as far as it is this subtask's; empty for a new job.
    `committed`: committables that the restored checkpoint lists and that have just been committed: not to be aborted.
    `checkpointing`: whether commits come with checkpoints; else with the end of input alone.
    """

    subtask: int
    attempt: int = 0
    parallelism: int = 1
    job_id: str = ""
    operator_id: str = ""
    restored: Sequence[Any] = ()
    committed: Sequence[Any] = ()
    checkpointing: bool = False


class SinkWriter(Protocol):
    """Writes the records of one subtask.

    At a barrier: `flush`, `prepare_commit`, then `snapshot` where the writer has one: a list of picklable state that
    later writers of the operator get in their contexts. What `prepare_commit` gave is committed once that checkpoint is
    complete.
    """

    def write(self, values: Sequence[Any]) -> None: ...

    def flush(self) -> None:
        """Make what was written durable as far as the sink's in-progress form goes."""
        return

    def prepare_commit(self) -> list[Any]:
        """Close what is open; the picklable committables of all that was written since the last call."""
        return []

    def close(self) -> None:
        """Always called, also after a failure. What is not in a checkpoint is written again."""
        return


class StatefulSinkWriter(SinkWriter, Protocol):
    """A writer with state of its own, beside what it has handed over as committables."""

    def snapshot(self) -> list[Any]:
        """Picklable, not changed afterwards; each item goes to one later writer, of any subtask."""
        raise NotImplementedError(f"{type(self).__name__} has no snapshot")


@runtime_checkable
class Sink(Protocol):
    """A sink with an optional two-phase commit. Travels pickled: it holds settings, no connections."""

    def create_writer(self, context: WriterContext) -> SinkWriter:
        raise NotImplementedError(f"{type(self).__name__} has no create_writer")

    def commit(self, committables: Sequence[Any]) -> None:
        """Publish what one subtask wrote for one checkpoint. Idempotent: committables may come again after a crash, to
        another subtask, and long after they were committed.

        Raises what has failed: TransientCommitError, ConnectionError, TimeoutError where it is worth trying again.
        """
        if committables:
            raise NotImplementedError(f"{type(self).__name__} has no commit for {len(committables)} committables")


class TwoPhaseCommittingSink(Sink, Protocol):
    """A sink whose output nobody sees before the checkpoint that it belongs to is complete: exactly once.

    First phase, at the barrier: the writer's `prepare_commit` makes what was written durable in a form that readers of
    the output do not take for it (another name, an open transaction, the checkpoint itself), and gives a committable,
    all it takes to publish it. Second phase: `commit`, when every other part of the job has its snapshot as well.
    """
