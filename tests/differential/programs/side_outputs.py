"""A process function with two side outputs, one of them read twice."""

import sys

from pyflink.common import Types
from pyflink.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))

odd = OutputTag("odd", Types.INT())
text = OutputTag("text", Types.STRING())


class Sorts(ProcessFunction):
    def process_element(self, value, ctx):
        yield value
        if value % 2:
            yield odd, value
        yield text, f"<{value}>"


sorted_out = env.from_collection(list(range(6)), Types.INT()).process(Sorts(), Types.INT())
sorted_out.print("main")
sorted_out.get_side_output(odd).map(lambda v: v * 100, Types.INT()).print("odd")
sorted_out.get_side_output(odd).map(lambda v: v + 1, Types.INT()).print("odd again")
sorted_out.get_side_output(text).print("text")
env.execute()
