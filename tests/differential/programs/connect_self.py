"""A stream connected with itself, and a chain behind the two-input operator."""

import sys

from pyflink.common import Types
from pyflink.datastream import CoMapFunction, StreamExecutionEnvironment


class Signed(CoMapFunction):
    def map1(self, value):
        return value

    def map2(self, value):
        return -value


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
numbers = env.from_collection([1, 2, 3, 4], type_info=Types.INT())
signed = numbers.connect(numbers).map(Signed(), output_type=Types.INT())
signed.filter(lambda n: n % 2 == 0).map(lambda n: n * 10, output_type=Types.INT()).print()
env.execute()
