"""Keyed state, timers and broadcast state together: the timer sees all rules, for event time ended on both sides."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedBroadcastProcessFunction, StreamExecutionEnvironment, TimeDomain
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor

FACTORS = MapStateDescriptor("factors", Types.STRING(), Types.INT())
NAMES = MapStateDescriptor("names", Types.STRING(), Types.STRING())


class Zero(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return 7


class Scale(KeyedBroadcastProcessFunction):
    def open(self, runtime_context):
        self.values = runtime_context.get_list_state(ListStateDescriptor("values", Types.INT()))

    def process_element(self, value, ctx):
        assert ctx.get_current_key() == value[0]
        self.values.add(value[1])
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 100)

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(FACTORS).put_all({value[0]: value[1]}.items())
        ctx.get_broadcast_state(NAMES).put(value[0], value[0].upper())

    def on_timer(self, timestamp, ctx):
        assert ctx.time_domain() == TimeDomain.EVENT_TIME
        key = ctx.get_current_key()
        factors, names = ctx.get_broadcast_state(FACTORS), ctx.get_broadcast_state(NAMES)
        for value in self.values:
            yield f"{names.get(key)} at {timestamp}: {value * (factors.get(key) or 0)} {factors.contains(key)}"
        yield f"{key}: {len(list(factors.keys()))} {sorted(names.values())} {factors.is_empty()}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
pair = Types.TUPLE([Types.STRING(), Types.INT()])
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Zero())
values = env.from_collection([("a", 1), ("b", 2), ("a", 3), ("z", 4)], type_info=pair)
values = values.assign_timestamps_and_watermarks(strategy).key_by(lambda v: v[0], key_type=Types.STRING())
factors = env.from_collection([("a", 10), ("b", 100)], type_info=pair).assign_timestamps_and_watermarks(strategy)
values.connect(factors.broadcast(FACTORS, NAMES)).process(Scale(), Types.STRING()).print()
env.execute()
