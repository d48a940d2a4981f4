"""What the worker's main thread and the agent's thread say to each other."""

import contextlib
import os
import queue
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ChildStarted:
    """`sentinel`: a descriptor, the receiver's to close, that turns readable when the child is dead."""

    pid: int
    sentinel: int


@dataclass(frozen=True, slots=True)
class ProbeSeen:
    token: str
    number: int


@dataclass(frozen=True, slots=True)
class Leave:
    """`status`: what the process exits with."""

    reason: str
    status: int = 0


Message: TypeAlias = ChildStarted | ProbeSeen | Leave


class WorkerLink:
    """From the main thread (its signal handlers included) to the agent. `fileno` is readable when something waits."""

    def __init__(self) -> None:
        # SimpleQueue.put is reentrant, so a signal handler may use it.
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def put(self, message: Message) -> None:
        """Any thread."""
        self._messages.put(message)
        with contextlib.suppress(BlockingIOError):  # full of wake-ups already
            os.write(self._write, b"!")

    def fileno(self) -> int:
        return self._read

    def take(self) -> list[Message]:
        """Everything that waits. The agent only."""
        with contextlib.suppress(BlockingIOError):  # woken by something else
            os.read(self._read, 65536)
        messages: list[Message] = []
        while not self._messages.empty():
            messages.append(self._messages.get_nowait())
        return messages

    def descriptors(self) -> list[int]:
        """To be closed in a forked child."""
        return [self._read, self._write]
