"""map1 and map2 see their own side only; None is no record."""

import sys

from pyflink.common import Types
from pyflink.datastream import CoMapFunction, StreamExecutionEnvironment


class Both(CoMapFunction):
    def map1(self, value):
        return f"number {value + 1}"

    def map2(self, value):
        return None if value == "drop" else f"word {value.upper()}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
numbers = env.from_collection([1, 2, 3], type_info=Types.INT())
words = env.from_collection(["a", "drop", "b"], type_info=Types.STRING())
numbers.connect(words).map(Both(), output_type=Types.STRING()).print()
env.execute()
