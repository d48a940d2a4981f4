"""Counts to its first argument."""

import sys

from penstock.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
numbers = env.from_collection(list(range(int(sys.argv[1]))))
numbers.map(lambda n: n * n).name("square").rebalance().map(lambda n: n + 1).name("next").print()
env.execute("argued")
