"""Logs are JSON lines, whoever writes them."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from penstock.coordination.logging import configure_logging

PROGRAM = """
import logging, sys, warnings
import structlog
from penstock.coordination.logging import configure_logging

configure_logging("jobmanager", "jm-1", level="INFO")
log = structlog.get_logger("penstock.test")
structlog.contextvars.bind_contextvars(job="j", attempt=3)
log.info("deployed", slots={"a": 1}, what=object)
log.debug("not this")
logging.getLogger("celery.worker").warning("lost %s of %d", "x", 2, extra={"queue": "q"})
warnings.warn("old", stacklevel=1)
structlog.contextvars.clear_contextvars()
try:
    raise ValueError("bad line")
except ValueError:
    log.exception("failed")
configure_logging("jobmanager", "jm-2")
log.info("once")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """What PROGRAM wrote to stdout."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    assert run.stderr == ""
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_one_line_an_event(lines: list[dict[str, Any]]) -> None:
    assert len(lines) == 5
    assert all(line["service"] == "jobmanager" and line["timestamp"].endswith("Z") for line in lines)


def test_bound_and_given_fields(lines: list[dict[str, Any]]) -> None:
    line = lines[0]
    assert (line["event"], line["level"], line["logger"]) == ("deployed", "info", "penstock.test")
    assert (line["job"], line["attempt"], line["slots"], line["id"]) == ("j", 3, {"a": 1}, "jm-1")
    assert "object" in line["what"]


def test_the_standard_library_and_warnings(lines: list[dict[str, Any]]) -> None:
    line = lines[1]
    assert (line["event"], line["level"], line["logger"]) == ("lost x of 2", "warning", "celery.worker")
    assert (line["queue"], line["job"]) == ("q", "j")
    assert lines[2]["logger"] == "py.warnings"


def test_a_traceback_is_one_field(lines: list[dict[str, Any]]) -> None:
    assert lines[3]["exception"].endswith("ValueError: bad line")
    assert "job" not in lines[3]


def test_set_up_again(lines: list[dict[str, Any]]) -> None:
    assert (lines[4]["event"], lines[4]["id"]) == ("once", "jm-2")


def test_an_unknown_level() -> None:
    before = logging.getLogger().handlers[:]
    with pytest.raises(ValueError, match="unknown log level 'LOUD'; choose one of"):
        configure_logging("s", "i", level="LOUD")
    assert logging.getLogger().handlers == before
