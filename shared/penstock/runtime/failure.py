"""An exception as it is reported: the user's frames first, ours after."""

import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException

from penstock.coordination.failure import Failure
from penstock.exchange.errors import ExchangeLost
from penstock.operators.generated import FILE_PREFIX, operator_at
from penstock.runtime.failed_record import record_of
from penstock.runtime.failure_hint import hint_of
from penstock.runtime.restore import RestoreFailed
from penstock.state.declarations import StateMigrationError

_OURS = str(Path(__file__).resolve().parent.parent)
#: what ours call on their own account: frames of these say nothing of a user's code
_OUR_TOOLS = ("tenacity", "redis", "concurrent.futures", "contextlib")


def failure_of(error: BaseException, task_name: str | None = None) -> Failure:
    """The failure to report for an exception that a task raised."""
    operator, record = _operator_of(error), record_of(error)
    text = _render(error, task_name, operator, record)
    unusable = error.checkpoint if isinstance(error, RestoreFailed) else None
    return Failure(
        message=_message(error),
        traceback=text,
        task_name=task_name,
        record=record,
        unusable_checkpoint=unusable,
        exchange=error.kind if isinstance(error, ExchangeLost) else "",
        incurable=isinstance(error, StateMigrationError),
    )


def _message(error: BaseException) -> str:
    if isinstance(error, RestoreFailed):
        return str(error)
    lines = traceback.format_exception_only(error)
    # one line: of a SyntaxError the last one, else the first; the user's notes follow it
    return lines[-1 if isinstance(error, SyntaxError) else 0].strip()


def _render(error: BaseException, task_name: str | None, operator: str | None, record: str | None) -> str:
    whole = TracebackException.from_exception(error)
    if _is_told_by_us(whole):
        # the message says it all, and what led to it is in there too
        whole.stack, whole.__cause__, whole.__context__ = None, None, None  # type: ignore[assignment]
    else:
        _strip(whole)
    ours = [f for f in traceback.extract_tb(error.__traceback__) if _is_ours(f)]
    user = "".join(whole.format())
    where = f"in operator {operator!r}" if operator else "in the runtime"
    task = f" of task {task_name!r}" if task_name else ""
    by = f"\nThe function was called with the record {record}\n" if record is not None else ""
    hint = hint_of(error)
    todo = f"{hint}\n" if hint else ""
    return f"{user}{todo}\nRaised {where}{task}:\n{''.join(StackSummary.from_list(ours).format())}{by}"


def _is_told_by_us(exception: TracebackException) -> bool:
    """Whether we raised it, by way of our tools at most, and no code of a user's had a part in it."""
    if not exception.stack or not _is_ours(exception.stack[-1]):
        return False
    tools = tuple(_our_tools())
    told: TracebackException | None = exception
    while told is not None:
        if not all(_is_ours(f) or f.filename.startswith(tools) for f in told.stack):
            return False
        told = told.__cause__ or told.__context__
    return True


def _our_tools() -> Iterator[str]:
    """Where those that were imported are: a package's folder, a module's file."""
    for name in _OUR_TOOLS:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file is not None:
            yield file.removesuffix("__init__.py")


def _strip(exception: TracebackException | None) -> None:
    """Drop our frames before the user's first one. Ours are told afterwards, once."""
    while exception is not None:
        frames = list(exception.stack)
        first = next((i for i, f in enumerate(frames) if not _is_ours(f)), None)
        if first is None:
            exception.stack = None  # type: ignore[assignment]  # format() then leaves "Traceback …" out
        else:
            exception.stack = StackSummary.from_list(frames[first:])
        exception = exception.__cause__ or exception.__context__


def _is_ours(frame: FrameSummary) -> bool:
    return frame.filename.startswith((_OURS, FILE_PREFIX))


def _operator_of(error: BaseException) -> str | None:
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.lineno is not None and (operator := operator_at(frame.filename, frame.lineno)):
            return operator
    return None
