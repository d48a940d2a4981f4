"""Elementwise functions, plain and rich."""

import sys

from pyflink.common import Types
from pyflink.datastream import FilterFunction, FlatMapFunction, MapFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Doubles(MapFunction):
    def open(self, runtime_context):
        self.factor = 2

    def map(self, value):
        return value * self.factor


class Words(FlatMapFunction):
    def flat_map(self, value):
        yield from value.split()


class LongWords(FilterFunction):
    def filter(self, value):
        return len(value) > 2


numbers = env.from_collection([1, 2, 3], Types.INT())
show("lambda", numbers.map(lambda v: v + 1, Types.INT()))
show("rich", numbers.map(Doubles(), Types.LONG()))
show("untyped", numbers.map(lambda v: {"v": v}))
lines = env.from_collection(["to be or not", "to be"], Types.STRING())
show("words", lines.flat_map(Words(), Types.STRING()))
show("list", lines.flat_map(lambda line: [] if "or" in line else [line.upper()], Types.STRING()))
show("long", lines.flat_map(Words(), Types.STRING()).filter(LongWords()))
show("chained", lines.flat_map(lambda s: s.split()).filter(lambda w: "o" in w).map(len, Types.INT()))
