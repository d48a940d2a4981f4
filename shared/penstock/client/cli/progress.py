"""What an attached run shows while it waits: states and counts of the vertices, on stderr, from a thread of its own."""

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from penstock.client.config import Configuration, rest
from penstock.client.rest_client import ClusterUnreachable, RestClient, RestError

_INTERVAL = 0.5  #: seconds between two looks
_SUMMARY_EVERY = 6  #: looks between two lines of a log that is no terminal

#: what is shown of a job as a whole
_TOTALS = ("numberOfCompletedCheckpoints", "numberOfFailedCheckpoints", "numRestarts")
#: a look that finds no dispatcher is given up at once: the next one is due soon
_IMPATIENT = {rest.RETRY_ATTEMPTS.key: 1, rest.RETRY_DELAY.key: "1 ms", rest.CONNECTION_TIMEOUT.key: "1 s"}


class Progress:
    """Watches one job at a time: a program that runs attached starts the next one when the last has ended."""

    def __init__(self, addresses: Sequence[str], configuration: Configuration) -> None:
        self._rest = RestClient(addresses, configuration.with_overrides(_IMPATIENT))
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._job = ""

    def watch(self, job_id: str) -> None:
        """Show this job from now on."""
        self._end()
        self._stop, self._job = threading.Event(), job_id
        self._thread = threading.Thread(
            target=_run, args=(lambda: self._look(job_id), self._stop), name="progress", daemon=True
        )
        self._thread.start()

    def _look(self, job_id: str) -> dict[str, Any]:
        return {**self._rest.job(job_id), "totals": self._rest.job_metrics(job_id, *_TOTALS)}

    def totals(self, job_id: str) -> str:
        """`, 12 checkpoints, 1 restart` of a job that has ended; nothing where no dispatcher answers."""
        try:
            return "".join(f", {part}" for part in totals_of(self._rest.job_metrics(job_id, *_TOTALS)))
        except (ClusterUnreachable, RestError):
            return ""

    def done(self, job_id: str) -> None:
        """The job has ended."""
        if job_id == self._job:
            self._end()

    def close(self) -> None:
        """Stop showing, for good."""
        self._end()
        self._rest.close()

    def _end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None


def _run(look: Callable[[], dict[str, Any]], stop: threading.Event) -> None:
    display = _Terminal() if sys.stderr.isatty() else _Log()
    while not stop.is_set():
        try:
            display.show(look())
        except ClusterUnreachable as error:
            display.say(f"no dispatcher answers: {error.reason}")
        except RestError as error:
            display.say(str(error))
        stop.wait(_INTERVAL)
    display.close()


class _Log:
    """Lines, where stderr is no terminal: one when a state changes, one now and then."""

    def __init__(self) -> None:
        self._last = ""
        self._looks = 0

    def show(self, job: dict[str, Any]) -> None:
        self._looks += 1
        line = headline(job)
        if line != self._last or self._looks % _SUMMARY_EVERY == 0:
            counts = f"; {summary(job)}" if job["state"] == "RUNNING" else ""
            click.echo(line + counts, err=True)
        self._last = line

    def say(self, text: str) -> None:
        if text != self._last:
            click.echo(text, err=True)
        self._last = text

    def close(self) -> None:
        pass


class _Terminal:
    """A table that overwrites itself."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True, redirect_stdout=True)
        self._live.start()

    def show(self, job: dict[str, Any]) -> None:
        from rich.table import Table
        from rich.text import Text

        title = ", ".join((headline(job), *totals_of(job["totals"])))
        table = Table(title=Text(title), title_justify="left", box=None, header_style="dim")
        for column in ("vertex", "subtasks", "records in", "records out"):
            table.add_column(column, justify="left" if column == "vertex" else "right")
        for vertex in job["vertices"]:
            metrics = vertex["metrics"]
            table.add_row(
                Text(vertex["name"]),
                Text(states_of(vertex)),
                f"{metrics['read-records']:,}",
                f"{metrics['write-records']:,}",
            )
        self._live.update(table, refresh=True)

    def say(self, text: str) -> None:
        from rich.text import Text

        self._live.update(Text(text), refresh=True)

    def close(self) -> None:
        self._live.stop()


def headline(job: dict[str, Any]) -> str:
    """`Job <id> CREATED: waiting for 2 of 4 slots`."""
    message = job.get("message")
    return f"Job {job['jid']} {job['state']}" + (f": {message}" if message else "")


def summary(job: dict[str, Any]) -> str:
    """`Source: 4 RUNNING, 1,200 records`, for each vertex; then the checkpoints and restarts."""
    vertices = (
        f"{v['name']}: {states_of(v)}, {v['metrics']['read-records']:,} in, {v['metrics']['write-records']:,} out"
        for v in job["vertices"]
    )
    return "; ".join((*vertices, *totals_of(job["totals"])))


def totals_of(metrics: Mapping[str, str]) -> list[str]:
    """`12 checkpoints`, `1 failed checkpoint`, `2 restarts`: of what there were any."""
    words = zip(_TOTALS, ("checkpoint", "failed checkpoint", "restart"), strict=True)
    counts = ((int(metrics.get(name, 0)), word) for name, word in words)
    return [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts if count]


def states_of(vertex: dict[str, Any]) -> str:
    """`3 RUNNING, 1 FINISHED`."""
    return ", ".join(f"{count} {state}" for state, count in vertex["tasks"].items() if count)
