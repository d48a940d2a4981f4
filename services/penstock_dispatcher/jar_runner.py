"""Runs main() of an uploaded program in a child process, which submits its jobs to this very dispatcher."""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from penstock.client.program_child import ChildRequest, ChildResult
from penstock.client.program_error import OUTPUT_FOLLOWS
from penstock.client.user_traceback import SENT_FOLDER, SENT_PREFIX
from penstock.graph.job_graph import JobGraph
from penstock_dispatcher.jar_files import entry_file, lay_out
from penstock_dispatcher.jar_request import RunRequest
from penstock_dispatcher.jar_store import JarRow
from penstock_dispatcher.problems import BadRequest, Problem
from penstock_dispatcher.program_process import run_process

#: programs that run at a time; more wait
_CONCURRENT = 4


class ProgramFailed(BadRequest):
    """main() raised. The first message is the user's traceback."""


class ProgramDied(Problem):
    """The child process was killed, or took too long."""


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """What a program did: its jobs in order, and what it wrote."""

    jobs: tuple[str, ...]
    output: str
    graph: JobGraph | None = None  #: of the job that would have been started, where only its plan was wanted


class JarRunner:
    """`address`: the REST address that children submit to. `timeout`: seconds that main() may take. `access`: settings
    of the children's REST client."""

    def __init__(self, address: str, timeout: float, access: Mapping[str, str] | None = None) -> None:
        self._address, self._timeout, self._access = address, timeout, dict(access or {})
        self._running = asyncio.Semaphore(_CONCURRENT)

    async def run(
        self,
        row: JarRow,
        content: bytes,
        request: RunRequest,
        configuration: dict[str, str],
        job_id: str,
        origin: str,
        plan_only: bool = False,
    ) -> ProgramRun:
        """Run it to the end of main(). ProgramFailed, ProgramDied, BadRequest say why it could not.

        `plan_only`: only up to its first job, which is not started.
        """
        async with self._running:
            with tempfile.TemporaryDirectory(prefix=SENT_PREFIX, ignore_cleanup_errors=True) as temporary:
                folder = Path(temporary, SENT_FOLDER)
                folder.mkdir()
                await asyncio.to_thread(lay_out, row.name, content, folder)
                entry, module = entry_file(folder, request.entryClass, row.entry)
                child = ChildRequest(
                    folder=str(folder),
                    entry=entry,
                    module=module,
                    args=request.arguments,
                    addresses=(self._address,),
                    configuration=configuration,
                    job_id=job_id,
                    origin=origin,
                    access=self._access,
                    plan_only=plan_only,
                )
                output, result = await self._child(Path(temporary), child)
        if result.error is None:
            return ProgramRun(result.jobs, output, result.graph)
        started = f"jobs it had started: {', '.join(result.jobs)}" if result.jobs else "it had started no job"
        failed = ProgramFailed(result.error, started, *_told(output))
        failed.status = result.status
        raise failed

    async def _child(self, temporary: Path, request: ChildRequest) -> tuple[str, ChildResult]:
        request_file, result_file = temporary / "request.json", temporary / "result.json"
        request_file.write_bytes(msgspec.json.encode(request))
        child = (sys.executable, "-P", "-u", "-m", "penstock.client.program_child", str(request_file), str(result_file))
        status, output = await run_process(child, temporary, self._timeout)
        if status is None:
            limit = f"web.timeout, {self._timeout:g} s"
            raise ProgramDied(f"main() of {request.entry} did not end within {limit}, and was stopped", *_told(output))
        if not result_file.exists():
            died = f"the process of {request.entry} ended with status {status} within main()"
            raise ProgramDied(died, *_told(output))
        return output, msgspec.json.decode(result_file.read_bytes(), type=ChildResult)


def _told(output: str) -> tuple[str, ...]:
    return (OUTPUT_FOLLOWS + output,) if output else ()
