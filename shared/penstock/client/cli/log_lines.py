"""A line of a log as a person reads it: JSON of ours in columns, anything else as it is. Pure."""

import json
from typing import Any

#: told first, or by who reads the log already
_PLACED = ("timestamp", "level", "logger", "event", "service", "id", "exception", "traceback", "color_message")
LEVELS = ("debug", "info", "warning", "error", "critical")


def parsed(line: str) -> dict[str, Any] | None:
    """The fields of a line of ours; None: somebody printed it."""
    if not line.startswith('{"'):
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) and "event" in fields else None


def shown(line: str) -> str:
    """`23:53:35.636 info  task state  vertex=… state=RUNNING`, tracebacks below."""
    fields = parsed(line)
    if fields is None:
        return line
    time = str(fields.get("timestamp", "")).partition("T")[2].rstrip("Z")[:12]
    more = " ".join(f"{key}={_value(value)}" for key, value in fields.items() if key not in _PLACED)
    head = f"{time:12} {fields.get('level', ''):7} {fields['event']}" + (f"  {more}" if more else "")
    below = [str(fields[key]).rstrip() for key in ("exception", "traceback") if fields.get(key)]
    return "\n".join([head.rstrip(), *below])


def wanted(line: str, job: str | None, level: str | None) -> bool:
    """Whether it is of the job, and of the level or above it. What was printed has neither."""
    if job is None and level is None:
        return True
    fields = parsed(line)
    if fields is None:
        return False
    if job is not None and fields.get("job") != job:
        return False
    if level is None:
        return True
    own = fields.get("level", "info")
    return own not in LEVELS or LEVELS.index(own) >= LEVELS.index(level)


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=repr)
    return json.dumps(text) if " " in text or "\n" in text else text
