"""Runs main() of an uploaded program in a child process, which submits its jobs to this very dispatcher."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from penstock.client.program_child import ChildRequest, ChildResult
from penstock_dispatcher.jar_files import entry_file, lay_out
from penstock_dispatcher.jar_request import RunRequest
from penstock_dispatcher.jar_store import JarRow
from penstock_dispatcher.problems import BadRequest, Problem

#: bytes of a program's output that are kept
_MAX_OUTPUT = 1 << 20
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


class JarRunner:
    """`address`: the REST address that children submit to. `timeout`: seconds that main() may take."""

    def __init__(self, address: str, timeout: float) -> None:
        self._address, self._timeout = address, timeout
        self._running = asyncio.Semaphore(_CONCURRENT)

    async def run(
        self, row: JarRow, content: bytes, request: RunRequest, configuration: dict[str, str], job_id: str, origin: str
    ) -> ProgramRun:
        """Run it to the end of main(). ProgramFailed, ProgramDied, BadRequest say why it could not."""
        async with self._running:
            with tempfile.TemporaryDirectory(prefix="penstock-program-", ignore_cleanup_errors=True) as temporary:
                folder = Path(temporary, "program")
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
                )
                output, result = await self._child(Path(temporary), child)
        if result.error is None:
            return ProgramRun(result.jobs, output)
        started = f"jobs it had started: {', '.join(result.jobs)}" if result.jobs else "it had started no job"
        failed = ProgramFailed(result.error, started, *([f"its output:\n{output}"] if output else []))
        failed.status = result.status
        raise failed

    async def _child(self, temporary: Path, request: ChildRequest) -> tuple[str, ChildResult]:
        request_file, result_file = temporary / "request.json", temporary / "result.json"
        request_file.write_bytes(msgspec.json.encode(request))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-u", "-m", "penstock.client.program_child", str(request_file), str(result_file)),
            cwd=temporary,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None
        reading = asyncio.create_task(_kept(process.stdout))
        try:
            try:
                code = await asyncio.wait_for(process.wait(), self._timeout)
            except TimeoutError:
                raise ProgramDied(
                    f"main() of {request.entry} did not end within web.timeout, {self._timeout:g} s, and was stopped"
                ) from None
        finally:
            # also what the program left running: it holds the pipe that is being read
            _kill_group(process.pid)
            await process.wait()
            output = await reading
        if not result_file.exists():
            raise ProgramDied(
                f"the process of {request.entry} ended with status {code} in the middle of main()", output
            )
        return output, msgspec.json.decode(result_file.read_bytes(), type=ChildResult)


async def _kept(stream: asyncio.StreamReader) -> str:
    """All of it is read, so that the program never blocks; the beginning is kept."""
    kept = bytearray()
    while chunk := await stream.read(1 << 16):
        kept += chunk[: max(0, _MAX_OUTPUT - len(kept))]
    return kept.decode(errors="replace")


def _kill_group(pid: int) -> None:
    """End the child and whatever it started: its session is its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
