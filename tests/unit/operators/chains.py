"""Chains built by hand, with writers that keep what they get."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from penstock.exchange.elements import Control, LatencyMarker
from penstock.graph.job_graph import JobEdge
from penstock.operators.chain import Consumer, OperatorChain
from penstock.operators.operator import Operator
from penstock.operators.partitioning import build_edge
from penstock.operators.registry import SubtaskInfo, build
from penstock.operators.specs import OperatorSpec
from penstock.runtime.runtime_context import SubtaskRuntimeContext
from penstock.state.backend import KeyedStateBackend
from penstock.state.handover import hand_over
from penstock.state.snapshot import RestoredOperator

INFO = SubtaskInfo("0" * 32, "job", "task", 0, 1, 128)

#: one thing that arrived: (target, value, timestamp, key), or (target, control)
Arrived = tuple[Any, ...]


class Writer:
    """Everything emitted to an edge, in order."""

    def __init__(self, targets: int = 1) -> None:
        self.targets: Sequence[int] = range(targets)
        self.blocked = False
        self.arrived: list[Arrived] = []

    def emit(
        self, i: int, values: list[Any], timestamps: list[int | None] | None = None, keys: list[Any] | None = None
    ) -> None:
        assert values, "an empty batch was emitted"
        times = timestamps if timestamps is not None else [None] * len(values)
        with_keys = keys if keys is not None else [None] * len(values)
        self.arrived += [(i, *record) for record in zip(values, times, with_keys, strict=True)]

    def broadcast(self, control: Control) -> None:
        self.arrived += [(i, control) for i in self.targets]

    def mark(self, i: int, marker: LatencyMarker) -> None:
        self.arrived.append((i, marker))

    @property
    def values(self) -> list[Any]:
        return [a[1] for a in self.arrived if len(a) == 4]

    @property
    def controls(self) -> list[Control]:
        return [a[1] for a in self.arrived if len(a) == 2]


class Built:
    """A chain, its operators' state, and the writers of its outputs by (operator, tag)."""

    def __init__(
        self,
        specs: Sequence[OperatorSpec],
        wiring: dict[tuple[int, str | None], list[int]] | None = None,
        writers: dict[tuple[int, str | None], Writer] | None = None,
        edge: JobEdge | None = None,
        partitioner: Any = None,
        info: SubtaskInfo = INFO,
        restored: Mapping[int, RestoredOperator] | None = None,
    ) -> None:
        self.backends: list[KeyedStateBackend | None] = []
        operators: list[Operator] = []
        for i, spec in enumerate(specs):
            operator, backend = build(spec, i, f"{type(spec).__name__} {i}", info, lambda *_: Sink())
            operators.append(operator)
            self.backends.append(backend)
        if wiring is None:
            wiring = {(i, None): [i + 1] for i in range(len(specs) - 1)}
        self.writers = {(len(specs) - 1, None): Writer()} if writers is None else writers
        outputs: dict[tuple[int, str | None], list[Consumer]] = {
            output: [operators[i] for i in consumers] for output, consumers in wiring.items()
        }
        edge = edge or JobEdge(source="a", source_operator=0, target="b")
        for n, (output, writer) in enumerate(self.writers.items()):
            running = build_edge(n, edge, f"edge {n}", writer, info.subtask, partitioner, info.max_parallelism)
            outputs.setdefault(output, []).append(running)
        self.chain = OperatorChain("test", operators, outputs)
        if restored is not None:
            self.chain.restore(restored)
        self.chain.open(lambda o: SubtaskRuntimeContext(info, None if o is None else self.backends[o.index]))

    @property
    def out(self) -> Writer:
        return next(iter(self.writers.values()))


def subtask_info(subtask: int, parallelism: int, info: SubtaskInfo = INFO) -> SubtaskInfo:
    return replace(info, subtask=subtask, parallelism=parallelism)


def handed_over(former: Sequence[Built], subtask: int = 0, parallelism: int = 1) -> dict[int, RestoredOperator]:
    """What the operators of a new subtask get of snapshots of these chains, which are all former subtasks."""
    for built in former:
        built.chain.prepare_snapshot(1)
    taken = [built.chain.snapshot(1) for built in former]
    limit = INFO.max_parallelism
    restored = {at: hand_over([t[at] for t in taken], subtask, parallelism, limit) for at in taken[0]}
    for snapshots in taken:
        for snapshot in snapshots.values():
            snapshot.release()
    return restored


class Sink:
    blocked = False
    is_drained = True

    def write(self, values: list[Any]) -> None:
        raise AssertionError("not used here")

    def end(self) -> None:
        raise AssertionError("not used here")

    def begin(self, state: Any) -> None:
        raise AssertionError("not used here")

    def mark(self, checkpoint: int) -> Any:
        raise AssertionError("not used here")

    def release(self, checkpoint: int) -> None:
        raise AssertionError("not used here")
