"""BATCH: event-time windows fire at the end, none of their records is late.

PyFlink's window operator does not end in BATCH mode: results are asked for by number; the last key gives one more."""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


class Times(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


def first(name, count, stream):
    for result in stream.execute_and_collect(limit=count):
        print(name, repr(result))


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1), ("z", 1000)]
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
keyed = (
    env.from_collection(data, pair).assign_timestamps_and_watermarks(strategy).key_by(lambda v: v[0], Types.STRING())
)


def joined(a, b):
    return (a[0] + b[0], a[1] * 10 + b[1])


first("tumbling", 4, keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(4))).reduce(joined))
first("sliding", 9, keyed.window(SlidingEventTimeWindows.of(Time.milliseconds(4), Time.milliseconds(2))).reduce(joined))
