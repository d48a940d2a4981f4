"""A child process in a session of its own, with bounded output and a bounded life."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

#: bytes of output that are kept
MAX_OUTPUT = 1 << 20
#: seconds to read on after the end of the process; who keeps its output open longer has left its session
_LAST_OUTPUT = 2.0


async def run_process(command: Sequence[str], folder: Path, timeout: float) -> tuple[int | None, str]:
    """(exit status, output) of a command; status None: it did not end within `timeout` seconds and was killed.

    Whatever it has started is killed with it. Cancelling this does the same.
    """
    # A pipe of our own: asyncio's `wait` also waits for its pipes, which a program's own children may hold open.
    reading_end, writing_end = os.pipe()
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading_end, "rb", buffering=0)
    )
    try:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing_end,
                stderr=writing_end,
                start_new_session=True,
            )
        finally:
            os.close(writing_end)
        kept = bytearray()
        reading = asyncio.create_task(_keep(stream, kept))
        status: int | None = None
        try:
            with contextlib.suppress(TimeoutError):
                status = await asyncio.wait_for(process.wait(), timeout)
        finally:
            _kill_session(process.pid)
            await process.wait()
            await asyncio.wait([reading], timeout=_LAST_OUTPUT)
            reading.cancel()
    finally:
        transport.close()
    return status, kept.decode(errors="replace")


async def _keep(stream: asyncio.StreamReader, kept: bytearray) -> None:
    """All of it is read, so that the program never blocks; the beginning is kept."""
    while chunk := await stream.read(1 << 16):
        kept += chunk[: max(0, MAX_OUTPUT - len(kept))]


def _kill_session(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
