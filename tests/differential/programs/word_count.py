"""PyFlink's word count."""

import sys

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))

lines = ["To be, or not to be, that is the question", "Whether tis nobler in the mind to suffer", "to be to be"]
counts = (
    env.from_collection(lines, Types.STRING())
    .flat_map(lambda line: line.split(), Types.STRING())
    .map(lambda word: (word.lower().strip(","), 1), Types.TUPLE([Types.STRING(), Types.INT()]))
    .key_by(lambda pair: pair[0], Types.STRING())
    .reduce(lambda a, b: (a[0], a[1] + b[1]))
)
counts.print()
env.execute("word count")
