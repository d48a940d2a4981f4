"""flat_map1 yields, flat_map2 returns a list, an empty one or None."""

import sys

from pyflink.common import Types
from pyflink.datastream import CoFlatMapFunction, StreamExecutionEnvironment


class Both(CoFlatMapFunction):
    def flat_map1(self, value):
        yield from range(value)

    def flat_map2(self, value):
        if value == "none":
            return None
        return [-ord(c) for c in value]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
numbers = env.from_collection([0, 1, 3], type_info=Types.INT())
words = env.from_collection(["ab", "", "none"], type_info=Types.STRING())
numbers.connect(words).flat_map(Both(), output_type=Types.INT()).print()
env.execute()
