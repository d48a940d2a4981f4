"""A process function with two side outputs, one of them read twice."""

import sys

from pyflink.common import Types
from pyflink.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


odd = OutputTag("odd", Types.INT())
text = OutputTag("text", Types.STRING())


class Sorts(ProcessFunction):
    def process_element(self, value, ctx):
        yield value
        if value % 2:
            yield odd, value
        yield text, f"<{value}>"


sorted_out = env.from_collection(list(range(6)), Types.INT()).process(Sorts(), Types.INT())
show("main", sorted_out)
sorted_out = env.from_collection(list(range(6)), Types.INT()).process(Sorts(), Types.INT())
show("odd", sorted_out.get_side_output(odd).map(lambda v: v * 100, Types.INT()))
sorted_out = env.from_collection(list(range(6)), Types.INT()).process(Sorts(), Types.INT())
show("text", sorted_out.get_side_output(text).union(sorted_out.map(str, Types.STRING())))
