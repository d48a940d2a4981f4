"""sum, min, max, min_by and max_by of rows, by field name."""

import sys

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


kind = Types.ROW_NAMED(["word", "n", "weight"], [Types.STRING(), Types.LONG(), Types.FLOAT()])
data = [Row("a", 3, 0.5), Row("b", 9, 1.5), Row("a", 1, 2.5), Row("b", 10, 0.25)]
keyed = env.from_collection(data, kind).key_by(lambda v: v["word"], Types.STRING())
show("sum", keyed.sum("n"))
show("min", keyed.min("n"))
show("max", keyed.max("weight"))
show("min_by", keyed.min_by("weight"))
show("max_by", keyed.max_by("n"))
