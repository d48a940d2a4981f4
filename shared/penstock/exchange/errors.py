"""What can go wrong between tasks, by what has to be done about it."""

from typing import Literal

#: lost: the log, its Redis or its nonce; gap: records in between; fork: other records than before; trimmed: what a
#: reader needs of its log is gone
Loss = Literal["lost", "gap", "fork", "trimmed"]


class ExchangeLost(Exception):  # noqa: N818 - a state of the world, named as in the protocol
    """Records are gone, or may be: another Redis answers, a log or its nonce is missing, a sequence has a gap.

    Only a region failover helps: the same log would show the same gap to a restarted task.
    """

    def __init__(self, message: str, kind: Loss = "lost") -> None:
        super().__init__(message)
        self.kind: Loss = kind


class Fenced(Exception):  # noqa: N818
    """A newer attempt of this producer is at work; this one has to stop and report nothing."""

    def __init__(self, vertex: str, subtask: int, attempt: int, newest: tuple[int, int]) -> None:
        super().__init__(
            f"attempt {attempt} of {vertex} subtask {subtask} is superseded: its consumers have seen "
            f"attempt {newest[1]} of JobMaster epoch {newest[0]}"
        )
        self.vertex, self.subtask, self.attempt, self.newest = vertex, subtask, attempt, newest


class RecordNotSerializable(TypeError):  # noqa: N818
    """A record cannot be pickled, so it cannot leave its process. The message names the record and the edge."""
