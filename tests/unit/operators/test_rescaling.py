"""Every kind of operator with state: 1 -> 4 -> 3 -> 1 subtasks, and what it has in the end is what it had before."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from penstock.common.time import Time
from penstock.common.typeinfo import Types
from penstock.datastream.co_functions import KeyedCoProcessFunction
from penstock.datastream.functions import (
    KeyedBroadcastProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessWindowFunction,
    RuntimeContext,
)
from penstock.datastream.output_tag import OutputTag
from penstock.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from penstock.datastream.window import (
    CountTrigger,
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from penstock.exchange.elements import MAX_TIMESTAMP, RecordBatch
from penstock.graph.key_groups import key_group, subtask_of
from penstock.operators.specs import (
    AggregateSpec,
    BroadcastProcessSpec,
    CoProcessSpec,
    KeyedMapSpec,
    KeyedProcessSpec,
    OperatorSpec,
    ReduceSpec,
)
from penstock.operators.window_spec import WindowSpec
from penstock.state import heap_snapshot, portable
from penstock.state.selection import StateBackendChoice
from tests.unit.operators.chains import INFO, Built, Writer, handed_over, subtask_info

KEYS = [f"key {n}" for n in range(60)]
RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())


class Count(MapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def map(self, value: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        return value, self.count.value()


class Timed(KeyedProcessFunction):
    """A timer a record, in the order of the records for each time; both ways of state."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.INT()))
        self.by_value = runtime_context.get_map_state(MapStateDescriptor("by value", Types.INT(), Types.INT()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        self.seen.add(value)
        self.by_value.put(value, ctx.timestamp())
        ctx.timer_service().register_event_time_timer(100 + value % 3)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        items = sorted(self.by_value.items())
        yield ctx.get_current_key(), timestamp, list(self.seen), items, ctx.timer_service().current_watermark()


class TimedPair(KeyedCoProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.INT()))

    def process_element1(self, value: Any, ctx: Any) -> Any:
        self.seen.add(value)
        ctx.timer_service().register_event_time_timer(100)

    process_element2 = process_element1

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), timestamp, list(self.seen)


class Ruled(KeyedBroadcastProcessFunction[Any, Any, Any, Any]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.INT()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        self.total.update((self.total.value() or 0) + value)
        yield ctx.get_current_key(), self.total.value(), sorted(ctx.get_broadcast_state(RULES).items())

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        ctx.get_broadcast_state(RULES).put(value, len(value))


class PerWindow(ProcessWindowFunction[Any, Any, Any, Any]):
    """Uses the state of the window and of the key."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.runs = ValueStateDescriptor("runs", Types.INT())

    def process(self, key: Any, context: Any, elements: Iterable[Any]) -> Any:
        of_window, of_key = context.window_state().get_state(self.runs), context.global_state().get_state(self.runs)
        for state in (of_window, of_key):
            state.update((state.value() or 0) + 1)
        yield key, context.window().start, sorted(elements), of_window.value(), of_key.value()

    def clear(self, context: Any) -> None:
        context.window_state().get_state(self.runs).clear()


def windows(assigner: Any, trigger: Any = None, **arguments: Any) -> Callable[[], OperatorSpec]:
    given = {"contents": "list", "window_function": None, "allowed_lateness": 0, "late_tag": OutputTag("late")}
    return lambda: WindowSpec(
        assigner=assigner, trigger=trigger or assigner.get_default_trigger(None), **{**given, **arguments}
    )


def _size(ms: int) -> Time:
    return Time.milliseconds(ms)


HIGHEST: Any = {"contents": "reduce", "function": max}

SPECS: dict[str, Callable[[], OperatorSpec]] = {
    "map": lambda: KeyedMapSpec("map", Count()),
    "reduce": lambda: ReduceSpec(lambda a, b: a + b),
    "sum": lambda: AggregateSpec("sum", 0),
    "reduce, final": lambda: ReduceSpec(lambda a, b: a + b, final_only=True),
    "process": lambda: KeyedProcessSpec(Timed()),
    "co-process": lambda: CoProcessSpec("process", TimedPair(), True),
    "broadcast": lambda: BroadcastProcessSpec(Ruled(), (RULES,), True),
    "tumbling": windows(TumblingEventTimeWindows.of(_size(20)), allowed_lateness=40, window_function=PerWindow()),
    "sliding": windows(SlidingEventTimeWindows.of(_size(30), _size(10)), **HIGHEST),
    "sliding lists": windows(SlidingEventTimeWindows.of(_size(30), _size(10))),
    "sessions": windows(EventTimeSessionWindows.with_gap(_size(7)), allowed_lateness=30),
    "count": windows(CountTumblingWindowAssigner.of(3)),
    "general": windows(TumblingEventTimeWindows.of(_size(20)), CountTrigger.of(2), window_function=PerWindow()),
    "general sessions": windows(
        EventTimeSessionWindows.with_gap(_size(9)), CountTrigger.of(2), contents="reduce", function=max
    ),
}


class Subtasks:
    def __init__(self, make: Callable[[], OperatorSpec], backend: str, parallelism: int, before: Any = None) -> None:
        self._make, self.parallelism = make, parallelism
        self.built: list[Built] = []
        for n in range(parallelism):
            choice = StateBackendChoice("rocksdb" if backend == "rocksdb" else "hashmap")
            info = replace(subtask_info(n, parallelism, INFO), state_backend=choice)
            restored = None if before is None else handed_over(before.built, n, parallelism)
            writers = {(0, None): Writer(), (0, "late"): Writer()}
            self.built.append(Built([make()], {}, writers, info=info, restored=restored))

    def process(self, key: Any, value: Any, time: int, side: int = 0) -> None:
        at = subtask_of(key_group(key, 128), self.parallelism, 128)
        self.built[at].chain.process(RecordBatch([value], [time], [key]), side)

    def broadcast(self, value: Any) -> None:
        for built in self.built:
            built.chain.process(RecordBatch([value], [0]), 1)

    def advance(self, watermark: int) -> None:
        for built in self.built:
            built.chain.process_watermark(watermark)

    def take(self) -> list[Any]:
        taken = []
        for built in self.built:
            for (_, tag), writer in built.writers.items():
                taken += [(tag, *a[1:3]) for a in writer.arrived if len(a) == 4]
                writer.arrived.clear()
        return sorted(taken, key=repr)

    def close(self) -> None:
        for built in self.built:
            built.chain.close()
            for backend in built.backends:
                if backend is not None:
                    backend.close()


@pytest.mark.parametrize("backend", ["hashmap", "hashmap in pieces", "rocksdb"])
@pytest.mark.parametrize("kind", SPECS)
def test_every_operator_goes_on_at_another_parallelism(
    kind: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend == "rocksdb":
        pytest.importorskip("rocksdict")
    if backend == "hashmap in pieces":
        monkeypatch.setattr(heap_snapshot, "AT_ONCE_ENTRIES", 0)
        monkeypatch.setattr(portable, "_PIECE", 7)
    rescaled, steady = Subtasks(SPECS[kind], backend, 1), Subtasks(SPECS[kind], "hashmap", 1)
    for step, parallelism in enumerate((4, 3, 1)):
        for subtasks in (rescaled, steady):
            if kind == "broadcast":
                subtasks.broadcast("x" * (step + 1))
            for n, key in enumerate(KEYS):
                # some on time, some late but allowed, some too late
                subtasks.process(key, n + step, 10 * step + n % 25)
                if kind == "co-process":
                    subtasks.process(key, -n, 10 * step, 1)
            subtasks.advance(10 * step + 9)
        assert rescaled.take() == steady.take()
        before, rescaled = rescaled, Subtasks(SPECS[kind], backend, parallelism, rescaled)
        before.close()
    for subtasks in (rescaled, steady):
        for key in KEYS:
            subtasks.process(key, 7, 25)  # whether that is late is known right after the restore
        subtasks.advance(MAX_TIMESTAMP)
    assert rescaled.take() == steady.take()
    rescaled.close()
    steady.close()


def test_timers_of_one_time_fire_in_the_order_of_their_registration_after_a_restore() -> None:
    old = Built([KeyedProcessSpec(Timed())], {}, {(0, None): Writer()})
    order = [*KEYS[::-1], "another"]
    old.chain.process(RecordBatch([0] * len(order), [0] * len(order), order))
    new = Built([KeyedProcessSpec(Timed())], {}, {(0, None): Writer()}, restored=handed_over([old]))
    new.chain.process_watermark(100)
    assert [value[0] for value in new.out.values] == order
