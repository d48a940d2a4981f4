"""The stack of a slot's loop as a flame graph shows it: from the task's own code on, each frame with its line."""

from types import FrameType

from penstock.operators.generated import FILE_PREFIX, operator_at
from penstock.runtime import slot_runner

_LOOP = slot_runner.__file__
#: what stands for the stack where the loop does something else
IDLE = ("waiting for input, output or timers",)
OTHER = ("another task of the slot runs",)
SHARED = ("the slot's own work for all its tasks: exchange, commands",)


def stack_of(frame: FrameType | None, depth: int) -> tuple[str, ...]:
    """Outermost first, without the loop and what is outside of it; beyond `depth` the innermost are left out."""
    names: list[str] = []
    while frame is not None and frame.f_code.co_filename != _LOOP:
        names.append(_name(frame))
        frame = frame.f_back
    return tuple(names[::-1][:depth])


def is_waiting(frame: FrameType | None) -> bool:
    """Whether the loop sleeps."""
    while frame is not None and frame.f_code.co_filename != _LOOP:
        if frame.f_code.co_name != "select":
            return False
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "_wait"


def _name(frame: FrameType) -> str:
    code, line = frame.f_code, frame.f_lineno
    if code.co_filename.startswith(FILE_PREFIX):
        return operator_at(code.co_filename, line) or "chain"
    return f"{frame.f_globals.get('__name__', '?')}.{code.co_qualname}:{line}"
