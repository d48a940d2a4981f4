"""Windows with an offset, sizes that are no multiples of the slide, gaps between windows, times below zero."""

import sys
import time

from pyflink.common import Configuration, Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows

RECORDS = [("a", t, t) for t in (-17, -12, -3, 0, 1, 4, 9, 10, 11, 19, 23, 26, 31, 32, 44)]


class Timestamps(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


# two ticks behind each record: the watermark has followed when the next one comes
TICKING = [r for record in RECORDS for r in (record, ("tick", record[1], 0), ("tick", record[1], 0))]


def slowly(number):
    time.sleep(0.02)
    return TICKING[number]


class Describe(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield f"{key} [{window.start},{window.end}) {[e[2] for e in elements]}"


configuration = Configuration()
configuration.set_string("python.fn-execution.bundle.size", "1")
configuration.set_string("pipeline.auto-watermark-interval", "5 ms")
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, result)


def pairs():
    return Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG()])


def source():
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(2))
    numbers = env.from_source(
        NumberSequenceSource(0, len(TICKING) - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
    )
    stream = numbers.map(slowly, pairs()).assign_timestamps_and_watermarks(
        strategy.with_timestamp_assigner(Timestamps())
    )
    stream = stream.filter(lambda value: value[0] != "tick")
    env.set_parallelism(int(sys.argv[1]))
    return stream


def keyed():
    return source().key_by(lambda value: value[0], Types.STRING())


def described(assigner):
    return keyed().window(assigner).process(Describe(), Types.STRING())


def ms(number):
    return Time.milliseconds(number)


show("tumbling", described(TumblingEventTimeWindows.of(ms(10), ms(3))))
show("negative offset", described(TumblingEventTimeWindows.of(ms(10), ms(-4))))
show("sliding", described(SlidingEventTimeWindows.of(ms(10), ms(5), ms(2))))
show("uneven", described(SlidingEventTimeWindows.of(ms(10), ms(4), ms(1))))
show("gaps", described(SlidingEventTimeWindows.of(ms(4), ms(10), ms(1))))
