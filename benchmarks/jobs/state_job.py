"""Keyed state of a given size, filled once, of which a hundredth is updated ever after: runs until it is stopped."""

import argparse
from collections.abc import Iterator
from random import randbytes

from penstock.common import Types, WatermarkStrategy
from penstock.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource
from penstock.datastream.state import ValueStateDescriptor

VALUE = 200  #: bytes


class Keep(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self._value = runtime_context.get_state(ValueStateDescriptor("value", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[int]:
        self._value.update(randbytes(VALUE))
        yield from ()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keys", type=int, required=True)
    keys = parser.parse_args().keys
    hot = max(1, keys // 100)
    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = env.from_source(NumberSequenceSource(0, 1 << 60), WatermarkStrategy.no_watermarks(), "numbers")
    (
        numbers.uid("numbers")
        .set_parallelism(1)
        .key_by(lambda n: n if n < keys else n % hot, key_type=Types.LONG())
        .process(Keep(), output_type=Types.LONG())
        .uid("keep")
        .print()
        .uid("nothing")
    )
    env.execute("state")
