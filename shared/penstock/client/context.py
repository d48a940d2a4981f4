"""The program that runs in this process: what `penstock run`, or a dispatcher's child, tells its environments."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.client.job_client import JobClient
    from penstock.graph.job_graph import JobGraph


@dataclass(slots=True)
class ProgramContext:
    """One run of a user's program. `configuration`: Flink's keys as text, below what the program sets itself."""

    configuration: Mapping[str, str] = field(default_factory=dict)
    program: Path | None = None
    folder: Path | None = None  #: `sys.path[0]` of the program
    args: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()  #: "HOST:PORT" of the dispatchers; empty: as the configuration says
    access: Mapping[str, str] = field(default_factory=dict)  #: settings of the REST client alone: they do not travel
    attached: bool = True  #: False: `execute()` returns as soon as the job is submitted
    plan_only: bool = False  #: True: the first `execute()` records its plan and ends the program
    job_id: str | None = None  #: id of the first job, where whoever started the program chose it
    origin: str = ""  #: digest of program and arguments, where a dispatcher runs it: a repeated request is recognised
    jobs: "list[JobClient]" = field(default_factory=list)
    plans: list[str] = field(default_factory=list)  #: JSON, of `plan_only`
    graphs: "list[JobGraph]" = field(default_factory=list)  #: of `plan_only`
    output: str = ""  #: what main() wrote, where it ran on the cluster
    on_submit: "Callable[[JobClient], None] | None" = None

    def next_job_id(self, proposed: str) -> str:
        """The id of the job about to be submitted: derived from `job_id` where that is set, else `proposed`."""
        return proposed if self.job_id is None else derived_job_id(self.job_id, len(self.jobs))

    def submitted(self, client: "JobClient") -> None:
        """Record a job that `execute*` has started."""
        self.jobs.append(client)
        if self.on_submit is not None:
            self.on_submit(client)


def derived_job_id(first: str, number: int) -> str:
    """The id of a program's job `number`, from 0: the same again when the program is run again under the same id."""
    return hashlib.sha256(f"{first}:{number}".encode()).hexdigest()[:32] if number else first


class CurrentProgram:
    """Like a ContextVar, but seen by every thread: a program may call `execute()` from a thread of its own."""

    def __init__(self) -> None:
        self._context: ProgramContext | None = None

    def get(self) -> ProgramContext | None:
        """The context of the program that runs, None outside of `penstock run`."""
        return self._context

    @contextmanager
    def use(self, context: ProgramContext) -> Iterator[ProgramContext]:
        """Make it the current one for the duration of a `with`."""
        previous, self._context = self._context, context
        try:
            yield context
        finally:
            self._context = previous


current = CurrentProgram()
