"""The partitioner chooses the subtask, which its RuntimeContext tells."""

import sys

from pyflink.common import Types
from pyflink.datastream import MapFunction, Partitioner, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


class Modulo(Partitioner):
    def partition(self, key, num_partitions):
        return key % num_partitions


class Where(MapFunction):
    def open(self, runtime_context):
        self.index = runtime_context.get_index_of_this_subtask()
        self.parallelism = runtime_context.get_number_of_parallel_subtasks()

    def map(self, value):
        return f"{value[0]} in {self.index} of {self.parallelism}"


pairs = env.from_collection([(i, str(i)) for i in range(7)], Types.TUPLE([Types.INT(), Types.STRING()]))
pairs.partition_custom(Modulo(), lambda v: v[0]).map(Where(), Types.STRING()).print("class")
pairs.partition_custom(lambda key, n: (key + 1) % n, lambda v: v[0]).map(Where(), Types.STRING()).print("lambda")
env.execute()
