"""Fields of tuples, in another order and repeated."""

import sys

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


triple = Types.TUPLE([Types.STRING(), Types.INT(), Types.BOOLEAN()])
stream = env.from_collection([("a", 1, True), ("b", 2, False)], triple)
show("one", stream.project(1))
show("two", stream.project(2, 0))
show("after", stream.project(0, 1).map(lambda v: v[0] * v[1], Types.STRING()))
print(stream.project(2, 0).get_type())
