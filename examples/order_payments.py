"""Joins orders with their payments by key: whichever comes first waits in state for the other, and not for ever.

    python examples/order_payments.py                        in this process
    penstock run -m HOST:PORT -p 4 examples/order_payments.py   on a cluster

An order that is not paid within PATIENCE ms of event time is told by its timer.
"""

from collections.abc import Iterator
from typing import Any

from penstock.common import Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import KeyedCoProcessFunction, RuntimeContext, StreamExecutionEnvironment
from penstock.datastream.state import ValueStateDescriptor

PATIENCE = 1000
#: (order, amount or who paid, time in ms)
ORDERS = [("o1", 20, 100), ("o2", 35, 200), ("o3", 10, 300), ("o4", 99, 5000)]
PAYMENTS = [("o2", 35, 150), ("o1", 20, 700), ("o4", 99, 5200)]


class TimeOfEvent(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[2])


class Match(KeyedCoProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.order = runtime_context.get_state(ValueStateDescriptor("order", Types.INT()))
        self.payment = runtime_context.get_state(ValueStateDescriptor("payment", Types.INT()))
        self.matched = runtime_context.get_metrics_group().counter("matched")

    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterator[str]:
        order, amount, time = value
        paid = self.payment.value()
        if paid is not None:
            yield self.match(order, amount, paid)
        else:
            self.order.update(amount)
            ctx.timer_service().register_event_time_timer(time + PATIENCE)

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterator[str]:
        order, paid, _ = value
        amount = self.order.value()
        if amount is not None:
            yield self.match(order, amount, paid)
            self.order.clear()
        else:
            self.payment.update(paid)

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext) -> Iterator[str]:
        if self.order.value() is not None:
            yield f"{ctx.get_current_key()} was not paid by {timestamp}"
            self.order.clear()

    def match(self, order: str, amount: int, paid: int) -> str:
        self.matched.inc()
        return f"{order} of {amount} is paid with {paid}"


def main() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    event = Types.TUPLE([Types.STRING(), Types.INT(), Types.LONG()])
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(TimeOfEvent())
    orders = env.from_collection(ORDERS, event).assign_timestamps_and_watermarks(strategy)
    payments = env.from_collection(PAYMENTS, event).assign_timestamps_and_watermarks(strategy)
    matched = orders.connect(payments).key_by(lambda o: o[0], lambda p: p[0], Types.STRING())
    matched.process(Match(), Types.STRING()).print()
    env.execute("orders and payments")


if __name__ == "__main__":
    main()
