"""ProcessFunction: None, a list, a generator, timestamps and the current watermark."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Yields(ProcessFunction):
    def process_element(self, value, ctx):
        for n in range(value):
            yield f"{value}.{n}"


class Stamps(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()}"


class Times(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value * 1000


numbers = env.from_collection([0, 1, 2, 3], Types.INT())
show("yields", numbers.process(Yields(), Types.STRING()))
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
show("stamps", numbers.assign_timestamps_and_watermarks(strategy).process(Stamps(), Types.STRING()))
show("no stamps", numbers.process(Stamps(), Types.STRING()))
