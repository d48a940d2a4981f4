"""TaskTaps: the samplers of one task, and where they look into it: its fused loop, and what it takes from its gate."""

from collections.abc import Mapping

from penstock.coordination.tap_rows import TapReport
from penstock.exchange.elements import RecordBatch
from penstock.graph.job_graph import JobGraph
from penstock.graph.tap_points import TapPoint, sampled_by
from penstock.graph.wiring import channel_source
from penstock.operators.chain import OperatorChain
from penstock.operators.watermarks import TimestampsAndWatermarksOperator
from penstock.runtime.tap.sampler import Sampler
from penstock.runtime.task import Task
from penstock.runtime.task_input import TaskInput


class TaskTaps:
    """Belongs to the slot's loop. Changes take effect with the next batch."""

    def __init__(self, task: Task, chain: OperatorChain, task_input: TaskInput, graph: JobGraph, longest: int) -> None:
        self._task, self._chain, self._input = task, chain, task_input
        self._points = sampled_by(graph, task.vertex)
        self._sides = {number: edge.target_input for number, edge in graph.inputs(task.vertex)}
        self._longest = longest
        self._samplers: dict[str, Sampler] = {}
        self._last: list[TapReport] = []

    def want(self, rates: Mapping[str, float]) -> None:
        """Sample these points (id -> records a second), no others. Ids that are none are left out."""
        wanted = {i: rate for i, rate in rates.items() if i in self._points}
        if {i: s.rate for i, s in self._samplers.items()} == wanted:
            return
        self._last += [s.report() for i, s in self._samplers.items() if i not in wanted]
        kept = {i: s for i, s in self._samplers.items() if wanted.get(i) == s.rate}
        self._samplers = {i: kept.get(i) or self._sampler(self._points[i], rate) for i, rate in wanted.items()}
        self._chain.forget_taps()

    def open(self) -> None:
        """Open those that have allowance again."""
        for sampler in self._samplers.values():
            sampler.open()
        self._look()

    def reports(self) -> list[TapReport]:
        """What was sampled since the last call; one of each point, also where nothing passed."""
        found = [*(r for r in self._last if r.records), *(s.report() for s in self._samplers.values())]
        self._last.clear()
        return found

    # -- inside ------------------------------------------------------------------------------------------------------

    def _sampler(self, point: TapPoint, rate: float) -> Sampler:
        info, chain = self._task.info, self._chain
        return Sampler(
            point, info.subtask, info.attempt, rate, self._longest, lambda: watermark_at(chain, point), self._look
        )

    def _look(self) -> None:
        """Have the loop and the input look at what is open."""
        inside = {(s.point.operator, s.point.tag): s for s in self._samplers.values() if s.point.operator is not None}
        self._chain.tap(inside if any(s.is_open for s in inside.values()) else {})
        arriving = any(s.is_open for s in self._samplers.values() if s.point.edge is not None)
        self._input.on_batch = self._on_batch if arriving else None

    def _on_batch(self, side: int, batch: RecordBatch, channel: int) -> None:
        edge, producer = channel_source(channel) if channel >= 0 else (None, None)
        for sampler in list(self._samplers.values()):
            number = sampler.point.edge
            # sorted input of a batch job no longer tells its channel
            if number is not None and (number == edge or (edge is None and self._sides[number] == side)):
                _take_last(sampler, batch, producer)


def _take_last(sampler: Sampler, batch: RecordBatch, producer: int | None) -> None:
    for n in range(max(0, len(batch) - sampler.room), len(batch)):
        if not sampler.is_open:
            return
        timestamp = None if batch.timestamps is None else batch.timestamps[n]
        key = None if batch.keys is None else batch.keys[n]
        sampler.take(batch.values[n], timestamp, key, producer)


def watermark_at(chain: OperatorChain, point: TapPoint) -> int:
    """Event time there: of the task's input, or where timestamps are assigned before the point, of that operator."""
    if point.operator is not None:
        for operator in reversed(chain.operators[: point.operator + 1]):
            if isinstance(operator, TimestampsAndWatermarksOperator):
                return operator.emitted_watermark
    return chain.watermark
