import threading
from typing import Any

import pytest

from penstock.common.typeinfo import Types
from penstock.datastream.broadcast_functions import BroadcastProcessFunction
from penstock.datastream.checkpointed_function import CheckpointedFunction
from penstock.datastream.functions import FlatMapFunction, KeyedProcessFunction, MapFunction, ProcessFunction
from penstock.datastream.state import ListStateDescriptor, MapStateDescriptor
from penstock.exchange.elements import RecordBatch
from penstock.operators.specs import BroadcastProcessSpec, FlatMapSpec, KeyedProcessSpec, MapSpec, ProcessSpec
from penstock.state.declarations import StateMigrationError
from penstock.state.portable import StateNotPicklable
from tests.unit.operators.chains import Built, handed_over, subtask_info

HELD = ListStateDescriptor("held", Types.INT())
SEEN = ListStateDescriptor("seen", Types.LONG())
RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())


class Holding(CheckpointedFunction):
    """Holds records back until it is asked for them."""

    opened = False

    def initialize_state(self, context: Any) -> None:
        assert not self.opened
        store = context.get_operator_state_store()
        self.state, self.all = store.get_list_state(HELD), store.get_union_list_state(SEEN)
        self.held, self.restored = list(self.state.get() or ()), context.is_restored()
        self.checkpoints: list[int] = []

    def snapshot_state(self, context: Any) -> None:
        self.checkpoints.append(context.get_checkpoint_id())
        self.state.update(self.held)

    def open(self, runtime_context: Any) -> None:
        self.opened = True

    def take(self, value: Any) -> list[Any]:
        if value is None:
            return [*self.held, ("all", *self.all.get()), self.restored, self.checkpoints]
        self.held.append(value)
        self.all.add(value)
        return []


class Map(Holding, MapFunction):
    def map(self, value: Any) -> Any:
        return self.take(value)


class FlatMap(Holding, FlatMapFunction):
    def flat_map(self, value: Any) -> Any:
        yield self.take(value)


class Process(Holding, ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield self.take(value)


class Keyed(Holding, KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield self.take(value)


class Broadcast(Holding, BroadcastProcessFunction[Any, Any, Any]):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield self.take(value)

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        raise AssertionError("not used")


SPECS: dict[str, Any] = {
    "map": lambda: MapSpec(Map()),
    "flat_map": lambda: FlatMapSpec(FlatMap()),
    "process": lambda: ProcessSpec(Process()),
    "keyed process": lambda: KeyedProcessSpec(Keyed()),
    "broadcast": lambda: BroadcastProcessSpec(Broadcast(), (RULES,), False),
}


@pytest.mark.parametrize("kind", SPECS)
def test_list_state_is_spread_and_union_state_is_everybodys(kind: str) -> None:
    old = Built([SPECS[kind]()])
    old.chain.process(RecordBatch([1, 2, 3, 4, None], [0] * 5, ["k"] * 5))
    assert old.out.values[-1] == [1, 2, 3, 4, ("all", 1, 2, 3, 4), False, []]
    held = []
    for subtask in range(3):
        new = Built([SPECS[kind]()], restored=handed_over([old], subtask, 3), info=subtask_info(subtask, 3))
        new.chain.process(RecordBatch([None], [0], ["k"]))
        (*own, everything, restored, _) = new.out.values[-1]
        assert everything == ("all", 1, 2, 3, 4) and restored
        held += own
    assert sorted(held) == [1, 2, 3, 4]
    old.chain.process(RecordBatch([None], [0], ["k"]))
    assert old.out.values[-1][-1] == [1, 1, 1], "the checkpoint's id, once a snapshot"


def test_a_function_without_it_is_left_alone() -> None:
    built = Built([MapSpec(lambda v: v)])
    assert built.chain.snapshot(1)[0].lists == {}


class Wrong(Map):
    def initialize_state(self, context: Any) -> None:
        store = context.get_operator_state_store()
        store.get_list_state(HELD)
        store.get_union_list_state(HELD)


class Other(Map):
    def initialize_state(self, context: Any) -> None:
        context.get_operator_state_store().get_list_state(ListStateDescriptor("held", Types.STRING()))


class Unpicklable(Map):
    def snapshot_state(self, context: Any) -> None:
        self.state.update([threading.Lock()])


def test_errors_name_operator_and_state() -> None:
    with pytest.raises(ValueError, match=r"operator 'MapSpec 0': state 'held' is a split list of .* already"):
        Built([MapSpec(Wrong())])
    old = Built([MapSpec(Map())])
    with pytest.raises(StateMigrationError, match="state 'held' of operator 'MapSpec 0' was written as ListType"):
        Built([MapSpec(Other())], restored=handed_over([old]))
    with pytest.raises(StateNotPicklable, match="operator 'MapSpec 0': state 'held' cannot be pickled"):
        Built([MapSpec(Unpicklable())]).chain.snapshot(1)
