"""RuntimeContext: names, subtasks, job parameters."""

import sys

from pyflink.common import Types
from pyflink.datastream import MapFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Tells(MapFunction):
    def open(self, runtime_context):
        self.said = (
            runtime_context.get_job_parameter("greeting", "none"),
            runtime_context.get_job_parameter("x", "none"),
        )
        self.numbers = runtime_context.get_number_of_parallel_subtasks(), runtime_context.get_attempt_number()

    def map(self, value):
        return f"{value} {self.said} {self.numbers}"


env.get_config().set_global_job_parameters({"greeting": "hello"})
show("tells", env.from_collection([1, 2], Types.INT()).map(Tells(), Types.STRING()))
