"""Rules reach every subtask; elements wait in the function until the last rule is there."""

import sys

from pyflink.common import Types
from pyflink.datastream import BroadcastProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())


class Apply(BroadcastProcessFunction):
    def __init__(self):
        self.waiting = []

    def process_element(self, value, ctx):
        self.waiting.append(value)
        if "end" in ctx.get_broadcast_state(RULES):
            yield from self.matches(ctx)

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(RULES)
        if value[1] < 0:
            state.remove(value[0])
        else:
            state.put(value[0], value[1])
        if value[0] == "end":
            yield from self.matches(ctx)

    def matches(self, ctx):
        rules = sorted(item for item in ctx.get_broadcast_state(RULES).items() if item[0] != "end")
        for value in self.waiting:
            for name, least in rules:
                if value >= least:
                    yield f"{value} matches {name}"
        self.waiting = []


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
numbers = env.from_collection([1, 5, 10, 20], type_info=Types.INT())
rules = env.from_collection(
    [("small", 1), ("gone", 0), ("large", 10), ("gone", -1), ("end", 0)],
    type_info=Types.TUPLE([Types.STRING(), Types.INT()]),
)
numbers.connect(rules.broadcast(RULES)).process(Apply(), output_type=Types.STRING()).print()
env.execute()
