"""BATCH: timers of the clock fire when a key ends, whatever their time."""

import sys

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Timers(KeyedProcessFunction):
    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        timers.register_processing_time_timer(1000)
        timers.register_processing_time_timer(4_000_000_000_000)
        timers.register_event_time_timer(50)
        yield str(value)

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} {timestamp} {ctx.time_domain().name}"


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
show("timers", env.from_collection(data, pair).key_by(lambda v: v[0], Types.STRING()).process(Timers(), Types.STRING()))
