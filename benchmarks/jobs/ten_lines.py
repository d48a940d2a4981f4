"""The smallest useful job: what it takes beyond the imports is its start."""

from penstock.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
(
    env.from_collection(["to be", "or not to be"])
    .flat_map(str.split)
    .map(lambda word: (word, 1))
    .key_by(lambda pair: pair[0])
    .reduce(lambda a, b: (a[0], a[1] + b[1]))
    .print()
)
env.execute("ten lines")
