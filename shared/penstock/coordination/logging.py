"""Logs as JSON lines on stdout: structlog's and the standard library's alike, with service, id and whatever is bound.

`structlog.contextvars.bind_contextvars(job=…, execution=…, attempt=…)` binds to all that follows in the thread;
`set_scope` names a function that is asked at each line, where binding would be done too often.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from penstock.coordination.copied_output import CopiedOutput, plain
from penstock.coordination.log_file import file_handler

#: asked at each line for what it belongs to; what the line says itself, or is bound, counts more
Scope = Callable[[], Mapping[str, object]]
_scope: Scope | None = None


def set_scope(scope: Scope | None) -> None:
    """Of the process; takes the place of the one before."""
    global _scope
    _scope = scope


def configure_logging(
    service: str, id: str, *, level: str = "INFO", folder: str | None = None, beside: str | None = None
) -> None:
    """Set up the process. Calling it again replaces what was set up. ValueError names an unknown level.

    `folder`: where it logs too, into `<id>.log`, or into that of the process `beside`: then also what it prints, for it
    is a slot, and runs users' functions.
    """
    names = logging.getLevelNamesMapping()
    if level.upper() not in names:
        raise ValueError(f"unknown log level {level!r}; choose one of {', '.join(sorted(names))}")
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _scoped,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _Identity(service, id),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
    )
    handlers: list[logging.Handler | None] = [logging.StreamHandler(plain(sys.stdout))]
    if folder:
        handlers.append(file_handler(Path(folder), beside or id, rotates=beside is None))
        if isinstance(handlers[-1], WatchedFileHandler):
            sys.stdout = CopiedOutput(plain(sys.stdout), handlers[-1])
            sys.stderr = CopiedOutput(plain(sys.stderr), handlers[-1])
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    for handler in handlers:
        if handler is not None:
            handler.setFormatter(formatter)
            root.addHandler(handler)
    root.setLevel(level.upper())
    logging.captureWarnings(True)


def _scoped(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    if _scope is not None:
        for key, value in _scope().items():
            event.setdefault(key, value)
    return event


class _Identity:
    def __init__(self, service: str, id: str) -> None:
        self._service = service
        self._id = id

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        event["service"] = self._service
        event["id"] = self._id
        return event


def _to_json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
