"""Both methods of a BroadcastProcessFunction write to a side output; the state can be cleared and filled again."""

import sys

from pyflink.common import Types
from pyflink.datastream import BroadcastProcessFunction, OutputTag, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

SEEN = MapStateDescriptor("seen", Types.INT(), Types.BOOLEAN())
LOG = OutputTag("log", Types.STRING())


class Count(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield LOG, f"element {value}"
        yield value * 2

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(SEEN)
        if value == 0:
            state.clear()
        else:
            state.put(value, True)
        if value == 3:
            yield LOG, f"seen {sorted(state.keys())}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
numbers = env.from_collection([1, 2], type_info=Types.INT())
control = env.from_collection([1, 2, 0, 5, 3], type_info=Types.INT())
counted = numbers.connect(control.broadcast(SEEN)).process(Count(), output_type=Types.INT())
counted.set_parallelism(1).print()
counted.get_side_output(LOG).print()
env.execute()
