"""Keyed state of one kind and so many keys, in the hash map backend."""

from collections.abc import Iterator
from typing import Any

from memory_functions import Pair, add, arguments, key, print_peak, record_of

from penstock.common import Types, WatermarkStrategy
from penstock.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource
from penstock.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor


class Keep(KeyedProcessFunction):
    """`kind`: of the state."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def open(self, runtime_context: RuntimeContext) -> None:
        long = Types.LONG()
        self._state: Any
        if self._kind == "value":
            self._state = runtime_context.get_state(ValueStateDescriptor("numbers", long))
        elif self._kind == "list":
            self._state = runtime_context.get_list_state(ListStateDescriptor("numbers", long))
        else:
            self._state = runtime_context.get_map_state(MapStateDescriptor("numbers", long, long))

    def process_element(self, value: Pair, ctx: KeyedProcessFunction.Context) -> Iterator[Pair]:
        number = value[1]
        if self._kind == "value":
            self._state.update((self._state.value() or 0) + number)
        elif self._kind == "list":
            self._state.add(number)
        else:
            self._state.put(number, number)
        yield from ()


if __name__ == "__main__":
    given = arguments()
    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = NumberSequenceSource(0, 2 * given.keys - 1)
    pairs = Types.TUPLE([Types.STRING(), Types.LONG()])
    keyed = (
        env.from_source(numbers, WatermarkStrategy.no_watermarks(), "numbers")
        .map(record_of(given.keys), output_type=pairs)
        .key_by(key, key_type=Types.STRING())
    )
    kept = keyed.reduce(add) if given.kind == "reduce" else keyed.process(Keep(given.kind), output_type=pairs)
    kept.filter(lambda pair: pair[1] < 0).print()
    env.execute("memory")
    print_peak()
