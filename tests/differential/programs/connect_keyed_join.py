"""A join by key that buffers both sides in list state: the same pairs whatever arrives first."""

import sys

from pyflink.common import Types
from pyflink.datastream import CoFlatMapFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor


class Join(CoFlatMapFunction):
    def open(self, runtime_context):
        self.orders = runtime_context.get_list_state(ListStateDescriptor("orders", Types.STRING()))
        self.payments = runtime_context.get_list_state(ListStateDescriptor("payments", Types.INT()))

    def flat_map1(self, order):
        self.orders.add(order[1])
        for amount in self.payments.get():
            yield f"{order[0]}: {order[1]} paid {amount}"

    def flat_map2(self, payment):
        self.payments.add(payment[1])
        for order in self.orders.get():
            yield f"{payment[0]}: {order} paid {payment[1]}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
orders = env.from_collection(
    [("ann", "tea"), ("bob", "milk"), ("ann", "cake"), ("eve", "salt")],
    type_info=Types.TUPLE([Types.STRING(), Types.STRING()]),
)
payments = env.from_collection(
    [("bob", 3), ("ann", 5), ("ann", 7), ("joe", 1)], type_info=Types.TUPLE([Types.STRING(), Types.INT()])
)
by_name = (lambda v: v[0]), (lambda v: v[0])
orders.connect(payments).key_by(*by_name, key_type=Types.STRING()).flat_map(Join(), output_type=Types.STRING()).print()
env.execute()
