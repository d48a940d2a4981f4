"""Who has not been heard of for a while: state and event-time timers of a key.

penstock run examples/pyflink/state_and_timers.py
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor

#: (sensor, ms)
BEATS = [("roof", 0), ("cellar", 100), ("roof", 900), ("cellar", 1500), ("roof", 1800), ("cellar", 6000)]
SILENCE = 2000


class BeatTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Watch(KeyedProcessFunction):
    """Every beat sets the alarm anew."""

    def open(self, runtime_context):
        self.alarm = runtime_context.get_state(ValueStateDescriptor("alarm", Types.LONG()))
        self.beats = runtime_context.get_list_state(ListStateDescriptor("beats", Types.LONG()))

    def process_element(self, value, ctx):
        alarm = self.alarm.value()
        if alarm is not None:
            ctx.timer_service().delete_event_time_timer(alarm)
        self.beats.add(value[1])
        self.alarm.update(value[1] + SILENCE)
        ctx.timer_service().register_event_time_timer(value[1] + SILENCE)

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} is silent at {timestamp}, after {len(list(self.beats.get()))} beats"
        self.alarm.clear()


if __name__ == "__main__":
    env = StreamExecutionEnvironment.get_execution_environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(BeatTime())
    beats = env.from_collection(BEATS, Types.TUPLE([Types.STRING(), Types.LONG()]))
    beats.assign_timestamps_and_watermarks(strategy).key_by(lambda v: v[0], Types.STRING()).process(
        Watch(), Types.STRING()
    ).print()
    env.execute("state and timers")
