"""NumberSequenceSource over all subtasks, with timestamps."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


numbers = env.from_source(NumberSequenceSource(1, 20), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
show("numbers", numbers)
show("even", numbers.filter(lambda v: v % 2 == 0).map(lambda v: v * v, Types.LONG()))
one = env.from_source(NumberSequenceSource(5, 5), WatermarkStrategy.no_watermarks(), "one", Types.LONG())
show("one", one)
