"""Operators of several parallelisms, names and uids."""

import sys

from pyflink.common import Types
from pyflink.datastream import MapFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Where(MapFunction):
    def open(self, runtime_context):
        self.parallelism = runtime_context.get_number_of_parallel_subtasks()

    def map(self, value):
        return f"{value} of {self.parallelism}"


numbers = env.from_collection(list(range(4)), Types.INT())
show("two", numbers.map(Where(), Types.STRING()).set_parallelism(2).name("where").uid("where-2"))
show("one", numbers.map(Where(), Types.STRING()).force_non_parallel().set_description("one"))
chain = numbers.map(lambda v: v, Types.INT()).start_new_chain().map(Where(), Types.STRING()).disable_chaining()
show("chains", chain)
