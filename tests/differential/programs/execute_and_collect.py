"""execute_and_collect: iteration, limit, of keyed streams, twice of one program."""

import sys

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))

numbers = env.from_collection([3, 1, 2], Types.INT())
print(sorted(numbers.execute_and_collect(limit=3)))
with numbers.execute_and_collect("named") as results:
    print(sorted(results))
with numbers.key_by(lambda v: v % 2, Types.INT()).execute_and_collect() as results:
    print(sorted(map(str, results)))
with numbers.map(lambda v: v * 2).execute_and_collect() as results:
    print(sum(1 for _ in results))
