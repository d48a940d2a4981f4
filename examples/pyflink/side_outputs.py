"""One pass over the lines of a log: numbers go on, what cannot be read and what is odd goes aside.

penstock run examples/pyflink/side_outputs.py
"""

from pyflink.common import Types
from pyflink.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment

UNREADABLE = OutputTag("unreadable", Types.STRING())
ODD = OutputTag("odd", Types.INT())


class Read(ProcessFunction):
    def process_element(self, value, ctx):
        if not value.isdigit():
            yield UNREADABLE, value
            return
        number = int(value)
        if number % 2:
            yield ODD, number
        yield number


if __name__ == "__main__":
    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = env.from_collection(["1", "2", "three", "4", "5"], Types.STRING()).process(Read(), Types.INT())
    numbers.map(lambda v: f"read {v}", Types.STRING()).print()
    numbers.get_side_output(UNREADABLE).map(lambda v: f"cannot read {v}", Types.STRING()).print()
    numbers.get_side_output(ODD).map(lambda v: f"{v} is odd", Types.STRING()).print()
    env.execute("side outputs")
