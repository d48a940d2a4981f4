"""The record that a user's function was called with when it raised, found in the generated loop's local variables.

So the loop itself pays nothing for it. A failure that repeats at one record can be named as such.
"""

import linecache
import re
from types import FrameType

from penstock.operators.generated import FILE_PREFIX

#: characters of a record's repr in a failure
LONGEST = 200
_VALUE = re.compile(r"\bv\d+\b")
_CALL = re.compile(r"\(([^()]*)\)")


def record_of(error: BaseException) -> str | None:
    """Its repr, at most `LONGEST` characters; None where the failure is not about one record."""
    found: tuple[FrameType, int] | None = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(FILE_PREFIX):
            found = trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
    if found is None:
        return None
    frame, number = found
    name = _name(linecache.getline(frame.f_code.co_filename, number).strip(), frame)
    return None if name is None else shown(frame.f_locals[name])


def shown(value: object) -> str:
    """The repr of a user's value, cut."""
    try:
        text = repr(value)
    except Exception as e:
        return f"<{type(value).__qualname__}, whose repr raises {type(e).__name__}>"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _name(line: str, frame: FrameType) -> str | None:
    """The variable with the record on a line of the loop: the last value that is an argument of its call."""
    calls: list[str] = _CALL.findall(line)
    arguments: list[str] = [v for call in calls for v in _VALUE.findall(call) if v in frame.f_locals]
    if arguments:
        return arguments[-1]
    if line.startswith("for ") and "values" not in line:
        # a generator of the user's raised: it was made of the value before those that it gives
        own = _VALUE.search(line)
        known = [int(name[1:]) for name in frame.f_locals if _VALUE.fullmatch(name)]
        before = [n for n in known if own is None or n < int(own[0][1:])]
        return f"v{max(before)}" if before else None
    return None
