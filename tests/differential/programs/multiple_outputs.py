"""One stream read by several operators and sinks in one job."""

import sys

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))

numbers = env.from_collection([1, 2, 3], Types.INT()).map(lambda v: v + 1, Types.INT())
numbers.map(lambda v: v * 10, Types.INT()).print()
numbers.filter(lambda v: v > 2).print()
numbers.key_by(lambda v: v, Types.INT()).sum().print()
env.execute()
