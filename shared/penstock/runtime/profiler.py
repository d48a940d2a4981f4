"""Samples the stacks of a slot's tasks while somebody looks at their flame graph, and only then.

A thread of the slot itself looks at the loop's stack: no debugger, no permission, no other process is needed. It sees
Python's frames; time inside of a C function is that of the Python line that called it. Whether the loop was on the CPU
is told by its CPU clock since the sample before.
"""

import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping

from penstock.coordination.parts import Profiles
from penstock.coordination.rows import ProfileRequest, StackSamples
from penstock.runtime.slot_runner import SlotRunner
from penstock.runtime.stacks import IDLE, OTHER, SHARED, is_waiting, stack_of

#: ms that what was seen stays to be looked at
_KEPT = 30_000
_Key = tuple[str, int, int]  # vertex, subtask, attempt


class Profiler:
    """Made in the loop's thread; `tick` is called by another, about once a second."""

    def __init__(self, runner: SlotRunner, job: str, profiles: Profiles) -> None:
        self._runner, self._job, self._profiles = runner, job, profiles
        self._loop = threading.get_ident()
        self._sampler: _Sampler | None = None

    def tick(self) -> None:
        """Find out who is looked at; tell what was seen of them. Raises `connection.AWAY`."""
        vertices = {task.vertex for task in list(self._runner.tasks) if not task.state.is_terminal}
        asked = self._profiles.asked(self._job, sorted(vertices))
        if not asked:
            self.close()
            return
        if self._sampler is None:
            self._sampler = _Sampler(self._runner, self._loop, asked)
            self._sampler.start()
        self._sampler.asked = asked
        seen = self._sampler.seen()
        if seen:
            self._profiles.put(self._job, seen, _KEPT)

    def close(self) -> None:
        """Sample no more."""
        if self._sampler is not None:
            self._sampler.stop.set()
            self._sampler = None


class _Sampler(threading.Thread):
    def __init__(self, runner: SlotRunner, loop: int, asked: Mapping[str, ProfileRequest]) -> None:
        super().__init__(name="slot-profiler", daemon=True)
        self.asked = asked
        self.stop = threading.Event()
        self._runner, self._loop = runner, loop
        self._stacks: dict[_Key, deque[tuple[tuple[str, ...], bool]]] = {}
        self._clock = time.pthread_getcpuclockid(loop) if hasattr(time, "pthread_getcpuclockid") else None
        self._cpu = self._at = 0.0

    def run(self) -> None:
        while not self.stop.wait(min(request.delay for request in self.asked.values())):
            self._sample()

    def seen(self) -> dict[tuple[str, int], StackSamples]:
        """The newest samples of every subtask that is looked at."""
        found: dict[tuple[str, int], StackSamples] = {}
        for (vertex, subtask, attempt), stacks in list(self._stacks.items()):
            counts = Counter(stacks.copy())
            merged: dict[tuple[str, ...], list[int]] = {}
            for (stack, on_cpu), count in counts.items():
                merged.setdefault(stack, [0, 0])[0 if on_cpu else 1] += count
            rows = tuple((stack, on, off) for stack, (on, off) in merged.items())
            found[vertex, subtask] = StackSamples(attempt=attempt, time=time.time_ns() // 1_000_000, stacks=rows)
        return found

    def _sample(self) -> None:
        asked, current = self.asked, self._runner.current
        frame = sys._current_frames().get(self._loop)
        idle, depth = is_waiting(frame), max(request.depth for request in asked.values())
        stack = IDLE if idle else stack_of(frame, depth)
        del frame  # a frame that is held keeps its locals
        on_cpu = not idle and self._was_on_cpu()
        live: set[_Key] = set()
        for task in list(self._runner.tasks):
            request = asked.get(task.vertex)
            if request is None or task.state.is_terminal:
                continue
            key = task.vertex, task.info.subtask, task.info.attempt
            live.add(key)
            stacks = self._stacks.get(key)
            if stacks is None or stacks.maxlen != request.samples:
                stacks = self._stacks[key] = deque(maxlen=request.samples)
            if current is None:
                stacks.append((IDLE, False) if idle else ((SHARED + stack)[: request.depth], on_cpu))
            elif current is task:
                stacks.append((stack[: request.depth], on_cpu))
            else:
                stacks.append((OTHER, False))
        for key in [key for key in self._stacks if key not in live]:
            del self._stacks[key]

    def _was_on_cpu(self) -> bool:
        """For most of the time since this was asked before."""
        if self._clock is None:
            return True
        cpu, at = time.clock_gettime(self._clock), time.monotonic()
        used, took = cpu - self._cpu, at - self._at
        self._cpu, self._at = cpu, at
        return used > took / 2
