"""The same orders in tumbling, sliding, session, count and global windows.

penstock run examples/pyflink/windows_of_each_kind.py
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    PurgingTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

#: (customer, second, amount)
ORDERS = [("ann", 1, 10), ("bob", 2, 5), ("ann", 4, 20), ("ann", 11, 5), ("bob", 13, 50), ("ann", 14, 1)]


class OrderTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1] * 1000


class Average(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value[2], accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, a, b):
        return a[0] + b[0], a[1] + b[1]


class Shown(ProcessWindowFunction):
    """What a window's aggregate is, with the window."""

    def __init__(self, kind):
        self.kind = kind

    def process(self, key, context, elements):
        window = context.window()
        for amount in elements:
            yield f"{self.kind}: {key} {amount} in {window.start // 1000} to {window.end // 1000} s"


def added(a, b):
    return a[0], b[1], a[2] + b[2]


if __name__ == "__main__":
    env = StreamExecutionEnvironment.get_execution_environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(OrderTime())
    orders = env.from_collection(ORDERS, Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG()]))
    by_customer = orders.assign_timestamps_and_watermarks(strategy).key_by(lambda v: v[0], Types.STRING())
    pair = Types.TUPLE([Types.LONG(), Types.LONG()])

    def average(kind, assigner):
        return by_customer.window(assigner).aggregate(Average(), Shown(kind), pair, Types.STRING())

    average("tumbling", TumblingEventTimeWindows.of(Time.seconds(10))).print()
    average("sliding", SlidingEventTimeWindows.of(Time.seconds(10), Time.seconds(5))).print()
    average("session", EventTimeSessionWindows.with_gap(Time.seconds(5))).print()
    counted = by_customer.count_window(2).reduce(added)
    counted.map(lambda v: f"count: {v[0]} {v[2]} with two orders", Types.STRING()).print()
    every_third = by_customer.window(GlobalWindows.create()).trigger(PurgingTrigger.of(CountTrigger(3))).reduce(added)
    every_third.map(lambda v: f"global: {v[0]} {v[2]} with three orders", Types.STRING()).print()
    env.execute("windows of each kind")
