"""Keyed state that a forked process pickles: it sees memory as of the fork, while this process goes on changing it.

The child does nothing but pickle and write to a file that has no name, so that nothing is left whatever dies. It holds
no connection and takes no lock of this package; a lock that user code's `__reduce__` waits for in vain is ended by the
checkpoint's timeout, which releases the snapshot.
"""

import contextlib
import ctypes
import gc
import os
import signal
import struct
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

import xxhash

from penstock.checkpoint.handles import StateMeta
from penstock.state.portable import StateNotPicklable
from penstock.state.snapshot import NativeFiles

#: key group, MIXED or one of those below, size, xxh3-64
_FRAME = struct.Struct(">iQQ")
_END, _ERROR = -2, -3
_PR_SET_PDEATHSIG = 1


class SnapshotFailed(RuntimeError):  # noqa: N818 (a state of the world)
    """The process that was to pickle the state ended without having done it; says how."""


def can_fork() -> bool:
    """Elsewhere than on Linux a forked process may not use what its threads have set up."""
    return sys.platform == "linux"


class ForkedSnapshot:
    """`pickled`: called in the child, gives (key group or MIXED, its state). OSError where there is no memory or file
    for it."""

    def __init__(self, states: Mapping[str, StateMeta], pickled: Callable[[], Iterator[tuple[int, bytes]]]) -> None:
        self.states = states
        # buffered output of this process must not be in the child's buffers; it writes by file descriptor alone
        self._file: IO[bytes] | None = tempfile.TemporaryFile(prefix="penstock-state-")  # noqa: SIM115 (`release`)
        parent = os.getpid()
        import cloudpickle  # noqa: F401 (now: in the child another thread's import would never end)

        try:
            with warnings.catch_warnings():
                # of threads, since Python 3.12: the child is careful
                warnings.simplefilter("ignore", DeprecationWarning)
                self._child = os.fork()
        except OSError:
            self._file.close()
            raise
        if self._child == 0:
            _be_the_child(self._file.fileno(), parent, pickled)
        self._status: int | None = None

    def groups(self) -> Iterator[tuple[int, bytes]]:
        """Waits for the child. StateNotPicklable, SnapshotFailed."""
        assert self._file is not None, "the snapshot was released"
        self._wait()
        self._file.seek(0)
        while True:
            group, state = self._read_frame(self._file)
            if group == _END:
                return
            if group == _ERROR:
                kind, _, text = state.decode().partition("\n")
                raise StateNotPicklable(text) if kind == StateNotPicklable.__name__ else SnapshotFailed(text)
            yield group, state

    def native(self) -> NativeFiles | None:
        return None

    def release(self) -> None:
        if self._status is None:
            with contextlib.suppress(ProcessLookupError):  # somebody else has waited for it
                os.kill(self._child, signal.SIGKILL)
            self._wait()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _wait(self) -> None:
        if self._status is None:
            try:
                self._status = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
            except ChildProcessError:
                self._status = 0  # waited for by somebody else: the file tells whether it is complete

    def _read_frame(self, file: IO[bytes]) -> tuple[int, bytes]:
        head = file.read(_FRAME.size)
        if len(head) == _FRAME.size:
            group, size, checksum = _FRAME.unpack(head)
            state = file.read(size)
            if len(state) == size and xxhash.xxh3_64_intdigest(state) == checksum:
                return group, state
        how = f"was killed by signal {-self._status}" if self._status and self._status < 0 else "ended"
        raise SnapshotFailed(
            f"the process that pickles the state for a checkpoint (pid {self._child}) {how} before it was through"
            + (": is there memory left?" if self._status == -signal.SIGKILL else "")
        )


def _be_the_child(file: int, parent: int, pickled: Callable[[], Iterator[tuple[int, bytes]]]) -> None:
    """Does not return."""
    status = 1
    try:
        # unreachable objects are the parent's too: to collect them here would run their finalizers twice
        gc.disable()
        _end_with_the_parent(parent)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
        # others must see this process's connections end with it, not with its child
        os.closerange(3, file)
        os.closerange(file + 1, os.sysconf("SC_OPEN_MAX"))
        try:
            for group, state in pickled():
                _write_frame(file, group, state)
            _write_frame(file, _END, b"")
            status = 0
        except BaseException as e:
            text = str(e) if isinstance(e, StateNotPicklable) else f"{type(e).__name__}: {e}"
            _write_frame(file, _ERROR, f"{type(e).__name__}\n{text}".encode())
    finally:
        os._exit(status)


def _write_frame(file: int, group: int, state: bytes) -> None:
    _write(file, _FRAME.pack(group, len(state), xxhash.xxh3_64_intdigest(state)))
    _write(file, state)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _end_with_the_parent(parent: int) -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


# loaded now: the child must not
_LIBC: Any = ctypes.CDLL(None) if can_fork() else None
