"""State that has not been written for a while is gone, each entry of a list and a map by itself."""

import sys
import time

from pyflink.common import Configuration, Time, Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)


class Remember(KeyedProcessFunction):
    def open(self, runtime_context):
        config = (
            StateTtlConfig.new_builder(Time.milliseconds(1500))
            .set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite)
            .set_state_visibility(StateTtlConfig.StateVisibility.NeverReturnExpired)
            .build()
        )
        value = ValueStateDescriptor("value", Types.INT())
        values = ListStateDescriptor("list", Types.INT())
        entries = MapStateDescriptor("map", Types.INT(), Types.STRING())
        total = ReducingStateDescriptor("sum", lambda a, b: a + b, Types.INT())
        for descriptor in (value, values, entries, total):
            descriptor.enable_time_to_live(config)
        self.value = runtime_context.get_state(value)
        self.values = runtime_context.get_list_state(values)
        self.entries = runtime_context.get_map_state(entries)
        self.total = runtime_context.get_reducing_state(total)

    def process_element(self, value, ctx):
        time.sleep(value[1] / 1000)
        n = value[2]
        yield (
            f"{n}: {self.value.value()} {sorted(self.values.get() or [])} {sorted(self.entries.items())} "
            f"{self.entries.contains(1)} {self.total.get()}"
        )
        if n in (1, 4):
            self.value.update(n)
            self.total.add(n)
        if n != 3:
            self.values.add(n)
            self.entries.put(n, f"v{n}")


# PyFlink's workers cache state until the end of a bundle, and what is cached does not expire
config = Configuration()
config.set_integer("python.fn-execution.bundle.size", 1)
config.set_integer("python.state.cache-size", 0)
env = StreamExecutionEnvironment.get_execution_environment(config)
env.set_parallelism(int(sys.argv[1]))
records = env.from_collection(
    [("k", 0, 1), ("k", 600, 2), ("k", 1300, 3), ("k", 600, 4), ("k", 0, 5)],
    type_info=Types.TUPLE([Types.STRING(), Types.INT(), Types.INT()]),
)
records.key_by(lambda r: r[0], key_type=Types.STRING()).process(Remember(), output_type=Types.STRING()).print()
env.execute()
