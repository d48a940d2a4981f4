"""MapState: put, get, contains, remove, items, keys, values, is_empty, clear."""

import sys

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Maps(KeyedProcessFunction):
    def open(self, runtime_context):
        self.seen = runtime_context.get_map_state(MapStateDescriptor("seen", Types.STRING(), Types.INT()))

    def process_element(self, value, ctx):
        seen = self.seen
        yield f"{value[0]} empty {seen.is_empty()}"
        seen.put(str(value[1] % 3), (seen.get(str(value[1] % 3)) or 0) + 1)
        seen["all"] = value[1]
        if value[1] == 5:
            seen.put_all({"x": 1, "y": 2}.items())
            seen.remove("0")
        yield f"{value[0]} {sorted(seen.items())} {sorted(seen.keys())} {sorted(seen.values())} {'x' in seen}"
        if value[1] == 6:
            seen.clear()


data = [("a", n) for n in range(1, 8)] + [("b", 2)]
keyed = env.from_collection(data, Types.TUPLE([Types.STRING(), Types.INT()])).key_by(lambda v: v[0], Types.STRING())
show("state", keyed.process(Maps(), Types.STRING()))
