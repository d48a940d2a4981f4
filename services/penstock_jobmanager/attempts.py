"""Earlier attempts of a subtask, kept for people to look at; nothing is decided by them. Pure."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.rows import AttemptsRow, ExecutionRow

#: characters of a failure's message; its traceback is in the exception history
_MESSAGE = 500


def remembered(history: AttemptsRow | None, before: ExecutionRow, most: int) -> AttemptsRow | None:
    """The history with the attempt that is about to be replaced. None: it is in it, or none are to be kept.

    A leader that lets numbers jump renumbers an attempt that was: it is known by its times.
    """
    earlier = history.attempts if history is not None else ()
    if most <= 0 or (earlier and earlier[-1].timestamps == before.timestamps):
        return None
    failure = before.failure and Failure(message=before.failure.message[:_MESSAGE])
    kept = (*earlier, replace(before, failure=failure))
    return AttemptsRow(vertex=before.vertex, subtask=before.subtask, attempts=kept[-most:])
