"""BATCH: the broadcast side is read to its end before the other begins."""

import sys

from pyflink.common import Types
from pyflink.datastream import BroadcastProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


descriptor = MapStateDescriptor("rules", Types.STRING(), Types.LONG())


class Rules(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} {sorted(ctx.get_broadcast_state(descriptor).items())}"

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(descriptor)
        state.put(value[0], (state.get(value[0]) or 0) + value[1])


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
rules = env.from_collection([("x", 2), ("y", 9), ("x", 4)], pair)
show("rules", env.from_collection(data, pair).connect(rules.broadcast(descriptor)).process(Rules(), Types.STRING()))
