"""All results, in whatever order; the watermark behind them fires the timers."""

import asyncio
import sys

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AsyncDataStream, AsyncFunction, KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor


class Value(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Lookup(AsyncFunction):
    async def async_invoke(self, value):
        await asyncio.sleep(0.02 * (value % 3))
        return [value * 10]


class Gather(KeyedProcessFunction):
    def open(self, runtime_context):
        self.values = runtime_context.get_list_state(ListStateDescriptor("values", Types.INT()))

    def process_element(self, value, ctx):
        self.values.add(value * 1000 + ctx.timestamp())
        ctx.timer_service().register_event_time_timer(100)

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()}: {sorted(self.values.get())}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Value())
numbers = env.from_collection(list(range(1, 10)), type_info=Types.INT()).assign_timestamps_and_watermarks(strategy)
looked_up = AsyncDataStream.unordered_wait(numbers, Lookup(), Time.seconds(10), output_type=Types.INT())
looked_up.key_by(lambda v: v // 10 % 2, key_type=Types.INT()).process(Gather(), Types.STRING()).print()
env.execute()
