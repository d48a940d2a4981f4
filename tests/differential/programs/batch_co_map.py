"""BATCH: two inputs without keys, by map and flat_map."""

import sys

from pyflink.common import Types
from pyflink.datastream import CoFlatMapFunction, CoMapFunction, RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class CoMap(CoMapFunction):
    def map1(self, value):
        return f"left {value}"

    def map2(self, value):
        return f"right {value}" if value > 2 else None


class CoFlatMap(CoFlatMapFunction):
    def flat_map1(self, value):
        yield value
        yield -value

    def flat_map2(self, value):
        if value % 2:
            yield value * 100


left = env.from_collection([1, 2, 3, 4, 5], Types.INT())
right = env.from_collection([1, 2, 3, 4], Types.INT())
show("map", left.connect(right).map(CoMap(), Types.STRING()))
show("flat_map", left.connect(right).flat_map(CoFlatMap(), Types.INT()))
