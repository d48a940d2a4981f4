"""Broadcast state: written on one side, read on the other, by timers too."""

from typing import Any

import pytest

from penstock.common.typeinfo import Types
from penstock.datastream.functions import BroadcastProcessFunction, KeyedBroadcastProcessFunction, RuntimeContext
from penstock.datastream.output_tag import OutputTag
from penstock.datastream.state import MapStateDescriptor, ValueStateDescriptor
from penstock.exchange.elements import RecordBatch
from penstock.operators.specs import BroadcastProcessSpec
from tests.unit.operators.chains import Built, Writer, handed_over

RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())
NAMES = MapStateDescriptor("names", Types.STRING(), Types.STRING())
TAG = OutputTag("side")


class Plain(BroadcastProcessFunction[Any, Any, Any]):
    def process_element(self, value: Any, ctx: Any) -> Any:
        rules = ctx.get_broadcast_state(RULES)
        assert not hasattr(rules, "put")
        yield value, rules.get(value), value in rules, len(list(rules)), rules.is_empty(), ctx.timestamp()

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        rules = ctx.get_broadcast_state(RULES)
        match value:
            case "clear":
                rules.clear()
            case (name, None):
                del rules[name]
            case (name, n):
                rules[name] = n
        yield TAG, (sorted(rules.items()), ctx.current_watermark())


def test_one_side_writes_what_the_other_reads() -> None:
    main, side = Writer(), Writer()
    spec = BroadcastProcessSpec(Plain(), (RULES,), False)
    built = Built([spec], writers={(0, None): main, (0, "side"): side})
    built.chain.process(RecordBatch(["x"]), 0)
    built.chain.process_watermark(3)
    built.chain.process(RecordBatch([("x", 1), ("y", 2), ("y", None)]), 1)
    built.chain.process(RecordBatch(["x", "y"], [5, 6]), 0)
    built.chain.process(RecordBatch(["clear"]), 1)
    assert main.values == [
        ("x", None, False, 0, True, None),
        ("x", 1, True, 1, False, 5),
        ("y", None, False, 1, False, 6),
    ]
    assert side.values == [([("x", 1)], 3), ([("x", 1), ("y", 2)], 3), ([("x", 1)], 3), ([], 3)]


def test_every_subtask_restores_the_same() -> None:
    spec = BroadcastProcessSpec(Plain(), (RULES,), False)
    built = Built([spec])
    built.chain.process(RecordBatch([("x", 1)]), 1)
    again = Built([spec], restored=handed_over([built, built], 2, 3))
    again.chain.process(RecordBatch(["x"]), 0)
    assert again.out.values == [("x", 1, True, 1, False, None)]


class Keyed(KeyedBroadcastProcessFunction[Any, Any, Any, Any]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.INT()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        self.total.update((self.total.value() or 0) + value)
        ctx.timer_service().register_event_time_timer(10)

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        if value == "state":
            self.total.value()
        ctx.get_broadcast_state(RULES).put(value, len(value))

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        key = ctx.get_current_key()
        yield key, self.total.value(), ctx.get_broadcast_state(RULES).get(key), ctx.time_domain().name


def test_timers_read_broadcast_state_and_the_broadcast_side_has_no_key() -> None:
    built = Built([BroadcastProcessSpec(Keyed(), (RULES, NAMES), True)])
    built.chain.process(RecordBatch([1, 2, 3], None, ["a", "bb", "a"]), 0)
    built.chain.process(RecordBatch(["bb"]), 1)
    built.chain.process_watermark(10)
    assert built.out.values == [("a", 4, None, "EVENT_TIME"), ("bb", 2, 2, "EVENT_TIME")]
    restored = handed_over([built])
    with pytest.raises(RuntimeError, match=r"process_broadcast_element\(\) has no key"):
        built.chain.process(RecordBatch(["state"]), 1)
    again = Built([BroadcastProcessSpec(Keyed(), (RULES, NAMES), True)], restored=restored)
    again.chain.process(RecordBatch([6], None, ["bb"]), 0)
    again.chain.process_watermark(10)
    assert again.out.values == [("bb", 8, 2, "EVENT_TIME")]


class Asks(BroadcastProcessFunction[Any, Any, Any]):
    def process_element(self, value: Any, ctx: Any) -> Any:
        state = ctx.get_broadcast_state(value)
        state.clear()

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        ctx.get_broadcast_state(value).put_all({"x": 1})


def test_wrong_uses_are_named() -> None:
    built = Built([BroadcastProcessSpec(Asks(), (RULES,), False)])
    with pytest.raises(ValueError, match=r"no broadcast state 'names': broadcast\(…\) was given 'rules'"):
        built.chain.process(RecordBatch([NAMES]), 0)
    with pytest.raises(ValueError, match="broadcast state 'rules' has the type"):
        built.chain.process(RecordBatch([MapStateDescriptor("rules", Types.INT(), Types.INT())]), 1)
    with pytest.raises(RuntimeError, match="here it is read-only"):
        built.chain.process(RecordBatch([RULES]), 0)
    other = MapStateDescriptor("rules", Types.INT(), Types.INT())
    with pytest.raises(ValueError, match="'rules' is described twice"):
        Built([BroadcastProcessSpec(Asks(), (RULES, other), False)])
