"""Sampling the stacks of a slot's loop."""

import threading
import time
from collections.abc import Callable
from typing import Any, cast

from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.rows import ProfileRequest, StackSamples
from penstock.graph.states import ExecutionState
from penstock.operators.registry import SubtaskInfo
from penstock.runtime.profiler import Profiler
from penstock.runtime.slot_runner import SlotRunner
from penstock.runtime.task import Task

HOW = ProfileRequest(samples=50, delay=0.002, depth=30)


class BusyTask:
    """What the loop and the profiler need of a task; a step computes for a while, or sleeps."""

    def __init__(self, vertex: str, subtask: int, step: Callable[[], bool]) -> None:
        self.vertex, self.info = vertex, SubtaskInfo("j", "job", "task", subtask, 2, 128)
        self.state = ExecutionState.RUNNING
        self.step = step
        self.wake: Callable[[], None] = lambda: None

    def start(self) -> None: ...
    def on_idle(self) -> None: ...
    def cancel(self) -> None: ...
    def wait_time(self) -> float | None:
        return 0.05


def computing() -> bool:
    end = time.monotonic() + 0.01
    while time.monotonic() < end:
        sum(range(100))
    return True


def sleeping() -> bool:
    time.sleep(0.01)
    return True


def sampled(*tasks: Any, seconds: float = 30, until: Callable[[dict[int, StackSamples]], bool]) -> Any:
    """Run the loop while the vertex `v` is looked at, until that holds."""
    coordination = MemoryCoordination()
    coordination.profiles.ask("j", "v", HOW, 60_000)
    runner = SlotRunner()
    profiler = Profiler(runner, "j", coordination.profiles)
    for task in tasks:
        runner.add(cast(Task, task))
    seen: dict[int, StackSamples] = {}
    over = threading.Event()

    def tick() -> None:
        while not over.wait(0.02):
            profiler.tick()

    ticking = threading.Thread(target=tick)
    ticking.start()
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            runner.run_once(0.05)
            seen = coordination.profiles.all("j", "v")
            if seen and until(seen):
                break
    finally:
        over.set()
        ticking.join()
        profiler.close()
        runner.close()
    return seen


def counts(samples: StackSamples, name: str) -> tuple[int, int]:
    """How often a function was on the CPU and off it."""
    stacks = [(on, off) for stack, on, off in samples.stacks if any(name in frame for frame in stack)]
    return sum(on for on, _ in stacks), sum(off for _, off in stacks)


def test_code_of_a_task_is_seen_without_the_loop_around_it() -> None:
    seen = sampled(BusyTask("v", 0, computing), until=lambda s: sum(counts(s[0], "computing")) >= 10)
    stack = next(stack for stack, _, _ in seen[0].stacks if "computing" in stack[0])
    assert "slot_runner" not in "".join(stack)


def test_sleeping_is_off_the_cpu() -> None:
    seen = sampled(BusyTask("v", 0, sleeping), until=lambda s: counts(s[0], "sleeping")[1] >= 10)
    on, off = counts(seen[0], "sleeping")
    assert off > on


def test_a_loop_without_work_is_seen_to_wait_and_another_task_too() -> None:
    idle, busy = BusyTask("v", 0, lambda: False), BusyTask("w", 0, lambda: False)
    seen = sampled(idle, busy, until=lambda s: counts(s[0], "waiting for input")[1] >= 5)
    assert list(seen) == [0]
    tasks = BusyTask("v", 0, lambda: False), BusyTask("w", 0, sleeping)
    turn = sampled(*tasks, until=lambda s: counts(s[0], "another task")[1] >= 5)
    assert counts(turn[0], "sleeping") == (0, 0)


def test_nobody_is_sampled_where_nobody_looks() -> None:
    coordination = MemoryCoordination()
    runner = SlotRunner()
    profiler = Profiler(runner, "j", coordination.profiles)
    runner.add(cast(Task, BusyTask("v", 0, sleeping)))
    before = threading.active_count()
    profiler.tick()
    assert threading.active_count() == before
    assert coordination.profiles.all("j", "v") == {}
    runner.close()
