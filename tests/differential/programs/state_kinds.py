"""Value, list and map state: what is there, what is not, clear."""

import sys

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor


class All(KeyedProcessFunction):
    def open(self, runtime_context):
        self.value = runtime_context.get_state(ValueStateDescriptor("value", Types.INT()))
        self.list = runtime_context.get_list_state(ListStateDescriptor("list", Types.INT()))
        self.map = runtime_context.get_map_state(MapStateDescriptor("map", Types.INT(), Types.STRING()))

    def process_element(self, value, ctx):
        key, n = value
        yield f"{key}{n}: {self.value.value()} {list(self.list.get())} {sorted(self.map.items())} {self.map.is_empty()}"
        self.value.update(n)
        self.list.add(n)
        self.map.put(n % 2, f"v{n}")
        yield f"{key}{n}: {self.map.get(5)} {self.map.contains(1)} {1 in self.map} {self.map[0]}"
        if n == 2:
            self.list.update([20, 21])
            self.list.add_all([22])
            self.map.remove(0)
            self.map.remove(77)
            self.map.put_all({3: "three"}.items())
        if n == 3:
            self.value.clear()
            self.list.clear()
            self.map.clear()
        yield f"{key}{n}: {sorted(self.map.keys())} {sorted(self.map.values())} {sorted(self.map)} {list(self.list)}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
pairs = env.from_collection(
    [("a", 1), ("b", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 2)], type_info=Types.TUPLE([Types.STRING(), Types.INT()])
)
pairs.key_by(lambda p: p[0], key_type=Types.STRING()).process(All(), output_type=Types.STRING()).print()
env.execute()
