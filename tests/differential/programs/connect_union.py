"""A united keyed stream against another one; CoMap with keyed state."""

import sys

from pyflink.common import Types
from pyflink.datastream import CoMapFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor


class Last(CoMapFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def _count(self):
        n = (self.count.value() or 0) + 1
        self.count.update(n)
        return n

    def map1(self, value):
        return f"{value % 2} {self._count()}"

    def map2(self, value):
        return f"{len(value) % 2} {self._count()}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
a = env.from_collection([1, 2], type_info=Types.INT())
b = env.from_collection([3, 4, 5], type_info=Types.INT())
words = env.from_collection(["x", "yy", "zzz"], type_info=Types.STRING())
united = a.union(b).key_by(lambda n: n % 2, key_type=Types.INT())
united.connect(words.key_by(lambda w: len(w) % 2, key_type=Types.INT())).map(Last(), Types.STRING()).print()
env.execute()
