"""What an attached run shows while it waits: states, rates and lag of the vertices, on stderr, from its own thread."""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import click

from penstock.client.cli.flows import Flow, flows, read_by_sources
from penstock.client.cli.metric_view import rate_text, share_text, states_text, time_text
from penstock.client.config import Configuration, rest
from penstock.client.rest_client import ClusterUnreachable, RestClient, RestError

_INTERVAL = 0.5  #: seconds between two looks
_SUMMARY_EVERY = 6  #: looks between two lines of a log that is no terminal

#: seconds that rates look back: slots tell their counters once a second
_SPAN = 5.0
#: seconds that the counters of tasks that have ended may take to come
_LAST_COUNTERS = 2.0
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
        return self._rest.job_view(job_id)

    def totals(self, job_id: str, took: float) -> str:
        """`, 2,000,000 records (612,000/s), 12 checkpoints, 1 restart` of a job that has ended after `took` seconds;
        nothing where no dispatcher answers."""
        deadline = time.monotonic() + _LAST_COUNTERS
        try:
            plan = self._rest.job(job_id)["plan"]
            while True:
                view = self._rest.job_view(job_id)
                records, complete = read_by_sources(view, plan)
                if complete or time.monotonic() >= deadline:
                    break
                time.sleep(0.1)
        except (ClusterUnreachable, RestError):
            return ""
        read = [f"{records:,} records" + (f" ({records / took:,.0f}/s)" if took > 0 else "")] if records else []
        return "".join(f", {part}" for part in (*read, *totals_of(view)))

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
    seen: deque[dict[str, Any]] = deque()
    while not stop.is_set():
        try:
            now = look()
            while len(seen) > 1 and now["now"] - seen[0]["now"] > _SPAN * 1000:
                seen.popleft()
            display.show(now, flows(seen[0] if seen else None, now))
            seen.append(now)
        except ClusterUnreachable as error:
            display.say(f"no dispatcher answers: {error.reason}")
        except RestError as error:
            display.say(str(error))
        stop.wait(_INTERVAL)
    display.close()


class _Log:
    """Lines, where stderr is no terminal: one a change of state, one now and then, ever fewer of a job that waits."""

    def __init__(self) -> None:
        self._last = ""
        self._looks, self._pause = 0, _SUMMARY_EVERY

    def show(self, job: dict[str, Any], flow: Sequence[Flow]) -> None:
        self._looks += 1
        line, is_running = headline(job), job["state"] == "RUNNING"
        if line != self._last:
            self._looks, self._pause = 0, _SUMMARY_EVERY
        if self._looks in (0, self._pause):
            counts = f"; {summary(job, flow)}" if is_running else ""
            click.echo(line + counts, err=True)
            self._pause = _SUMMARY_EVERY if is_running or not self._looks else 2 * self._pause
            self._looks = 0
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

    def show(self, job: dict[str, Any], flow: Sequence[Flow]) -> None:
        from rich.table import Table
        from rich.text import Text

        title = ", ".join((headline(job), *totals_of(job)))
        table = Table(title=Text(title), title_justify="left", box=None, header_style="dim")
        has_lag = any(f.lag is not None for f in flow)
        for column in ("vertex", "subtasks", "in", "in/s", "out", "out/s", "busy", "held back", *(["lag"] * has_lag)):
            table.add_column(column, justify="left" if column in ("vertex", "subtasks") else "right")
        for f in flow:
            table.add_row(
                Text(f.name),
                Text(states_text(f.states)),
                f"{f.records_in:,}",
                rate_text(f.rate_in),
                f"{f.records_out:,}",
                rate_text(f.rate_out),
                share_text(f.busy),
                share_text(f.held_back),
                *([time_text(f.lag)] * has_lag),
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
    return f"Job {job['id']} {job['state']}" + (f": {message}" if message else "")


def summary(job: dict[str, Any], flow: Sequence[Flow]) -> str:
    """`Source: 4 RUNNING, 1,200 in, 1,200 out (600/s)`, for each vertex; then the checkpoints and restarts."""
    return "; ".join((*(_vertex(f) for f in flow), *totals_of(job)))


def totals_of(job: dict[str, Any]) -> list[str]:
    """`12 checkpoints`, `1 failed checkpoint`, `2 restarts`: of what there were any."""
    checkpoints = job["checkpoints"]
    counts = (
        (checkpoints["completed"], "checkpoint"),
        (checkpoints["failed"], "failed checkpoint"),
        (job["restarts"], "restart"),
    )
    return [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts if count]


def _vertex(f: Flow) -> str:
    rate = f.rate_out if f.records_out else f.rate_in
    parts = [states_text(f.states), f"{f.records_in:,} in", f"{f.records_out:,} out"]
    told = f" ({rate:,.0f}/s)" if rate is not None else ""
    lag = f", lag {time_text(f.lag)}" if f.lag is not None else ""
    return f"{f.name}: {', '.join(parts)}{told}{lag}"
