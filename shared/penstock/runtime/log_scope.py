"""What a line of a slot's log belongs to: the task whose code runs in the loop when it is written."""

import threading
from collections.abc import Mapping

from penstock.runtime.slot_runner import SlotRunner


class LogScope:
    """Asked at each line, from any thread; made in the loop's. `epoch`: of the JobMaster that deployed last."""

    def __init__(self, runner: SlotRunner) -> None:
        self.epoch: int | None = None
        self._runner = runner
        self._loop = threading.get_ident()

    def __call__(self) -> Mapping[str, object]:
        scope: dict[str, object] = {} if self.epoch is None else {"epoch": self.epoch}
        task = self._runner.current
        if task is not None and threading.get_ident() == self._loop:
            info = task.info
            scope |= {"task": info.task_name_with_subtasks, "vertex": task.vertex}
            scope |= {"subtask": info.subtask, "attempt": info.attempt}
        return scope
