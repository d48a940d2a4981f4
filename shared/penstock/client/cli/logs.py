"""`penstock logs`."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from penstock.client.cli.checkpoints import table
from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.job_argument import checked_job_id
from penstock.client.cli.log_lines import LEVELS, shown, wanted
from penstock.client.cli.options import address_option, configuration_of, rest_client, setting_option
from penstock.client.cli.sizes import human_size

if TYPE_CHECKING:
    from penstock.client.rest_client import RestClient

_PAUSE = 0.5  #: seconds between two looks
#: bytes that are looked through for the last lines
_MOST = 1 << 20
_COLUMNS = ("process", "file", "size", "changed")


@click.command("logs")
@click.argument("processes", metavar="[PROCESS]…", nargs=-1)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is added, until Ctrl-C; without PROCESS, of all.")
@click.option("-n", "--lines", type=click.IntRange(0), default=100, show_default=True, help="Lines to begin with.")
@click.option("-j", "--job", metavar="JOB", help="Only lines of this job.")
@click.option("-l", "--level", type=click.Choice(LEVELS), help="Only lines of this level or above.")
@click.option("--json", "as_json", is_flag=True, help="Lines as they are in the file; the list as JSON.")
@address_option
@setting_option
def logs_command(
    processes: Sequence[str],
    follow: bool,
    lines: int,
    job: str | None,
    level: str | None,
    as_json: bool,
    addresses: str | None,
    settings: Sequence[str],
) -> None:
    """Show the logs of PROCESSes (`taskmanager-1`, or a file's name); without one, which there are."""
    if job is not None:
        checked_job_id(job)
    with rest_client(configuration_of(settings, addresses)) as client:
        files = _files(client)
        if not processes and not follow:
            _list(files, as_json)
            return
        readers = [_Reader(client, file, job, level) for file in _chosen(files, processes)]
        printer = _Printer(as_json, len(readers) > 1)
        for reader in readers:
            printer.show(reader.process, reader.last(lines))
        while follow:
            time.sleep(_PAUSE)
            if not processes:
                known = {reader.file for reader in readers}
                readers += [
                    _Reader(client, f, job, level, 0) for f in _current(_files(client)) if f["name"] not in known
                ]
                printer.named = len(readers) > 1
            for reader in readers:
                printer.show(reader.process, reader.added())


class _Reader:
    """One file, from where it was read last; `end`: a file that was not there before, from its beginning."""

    def __init__(
        self, client: "RestClient", file: dict[str, Any], job: str | None, level: str | None, end: int | None = None
    ) -> None:
        self.file, self.process = str(file["name"]), str(file["process"])
        self._client, self._job, self._level, self._end = client, job, level, end

    def last(self, lines: int) -> list[str]:
        """The last lines of those that are wanted."""
        part = self._client.log(self.file, most=_MOST)
        self._end = part["end"]
        return self._wanted(part["text"])[-lines:] if lines else []

    def added(self) -> Iterator[str]:
        """What is new; nothing where no dispatcher answers just now."""
        from penstock.client.rest_client import ClusterUnreachable, RestError

        while True:
            try:
                part = self._client.log(self.file, after=self._end or 0, most=_MOST)
            except (ClusterUnreachable, RestError):
                return
            self._end = part["end"]
            yield from self._wanted(part["text"])
            if not part["text"] or part["end"] >= part["size"]:
                return

    def _wanted(self, text: str) -> list[str]:
        return [line for line in text.splitlines() if wanted(line, self._job, self._level)]


class _Printer:
    def __init__(self, as_json: bool, named: bool) -> None:
        self._as_json, self.named = as_json, named

    def show(self, process: str, lines: "Sequence[str] | Iterator[str]") -> None:
        for line in lines:
            text = line if self._as_json else shown(line)
            click.echo(f"{process}: {text}" if self.named and not self._as_json else text)


def _files(client: "RestClient") -> list[dict[str, Any]]:
    found = client.logs()
    if not found["folder"]:
        raise CommandFailed(
            "this cluster's logs cannot be read here: env.log.dir names no folder of the dispatcher's",
            "`docker compose logs -f` shows those of containers",
        )
    return list(found["logs"])


def _current(files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [file for file in files if file["name"].endswith(".log")]


def _chosen(files: Sequence[dict[str, Any]], processes: Sequence[str]) -> list[dict[str, Any]]:
    if not processes:
        return _current(files)
    found = []
    for name in processes:
        of_name = [f for f in files if f["name"] == name] or [f for f in _current(files) if f["process"] == name]
        if not of_name:
            there = ", ".join(f["process"] for f in _current(files)) or "there are none"
            raise CommandFailed(f"there is no log of {name!r}", f"logs there are: {there}")
        found += of_name
    return found


def _list(files: Sequence[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(files))
        return
    rows = [
        (
            f["process"],
            f["name"],
            human_size(f["size"]),
            datetime.fromtimestamp(f["modified"] / 1000).strftime("%d.%m.%Y %H:%M:%S"),
        )
        for f in files
    ]
    for line in table([_COLUMNS, *rows]):
        click.echo(line)
