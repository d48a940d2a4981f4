"""Rules as a stream: each rule reaches every subtask, and applies to what was held until it came and comes after it.

    python examples/broadcast_rules.py                        in this process
    penstock run -m HOST:PORT -p 4 examples/broadcast_rules.py   on a cluster

Readings wait in keyed state until event time is over, so that the output does not depend on which stream is faster.
"""

from collections.abc import Iterator
from typing import Any

from penstock.common import Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import KeyedBroadcastProcessFunction, RuntimeContext, StreamExecutionEnvironment
from penstock.datastream.state import ListStateDescriptor, MapStateDescriptor

#: kind of sensor -> highest value that is no alarm
LIMITS = MapStateDescriptor("limits", Types.STRING(), Types.INT())
READINGS = [("kitchen", "heat", 41), ("kitchen", "smoke", 1), ("attic", "heat", 85), ("attic", "smoke", 9)]
RULES = [("heat", 40), ("smoke", 5), ("heat", 80)]


class OneTime(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return 0


class Alarm(KeyedBroadcastProcessFunction[str, Any, Any, str]):
    def open(self, runtime_context: RuntimeContext) -> None:
        reading = Types.TUPLE([Types.STRING(), Types.STRING(), Types.INT()])
        self.readings = runtime_context.get_list_state(ListStateDescriptor("readings", reading))

    def process_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext) -> None:
        self.readings.add(value)
        ctx.timer_service().register_event_time_timer(1)

    def process_broadcast_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.Context) -> None:
        kind, limit = value
        ctx.get_broadcast_state(LIMITS).put(kind, limit)

    def on_timer(self, timestamp: int, ctx: KeyedBroadcastProcessFunction.OnTimerContext) -> Iterator[str]:
        limits = ctx.get_broadcast_state(LIMITS)
        for room, kind, value in self.readings:
            limit = limits.get(kind)
            if limit is not None and value > limit:
                yield f"{room}: {kind} {value} is above {limit}"


def main() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(OneTime())
    readings = env.from_collection(READINGS, Types.TUPLE([Types.STRING(), Types.STRING(), Types.INT()]))
    rules = env.from_collection(RULES, Types.TUPLE([Types.STRING(), Types.INT()]))
    by_room = readings.assign_timestamps_and_watermarks(strategy).key_by(lambda r: r[0], Types.STRING())
    limits = rules.assign_timestamps_and_watermarks(strategy).broadcast(LIMITS)
    by_room.connect(limits).process(Alarm(), Types.STRING()).print()
    env.execute("alarms by rules")


if __name__ == "__main__":
    main()
