"""BATCH: a cached stream gives later jobs the same, before and after it was invalidated."""

import sys

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
lengths = env.from_collection(["one", "three", "four", "two"], Types.STRING()).map(lambda v: (v, len(v)), pair).cache()
show("stored", lengths.map(lambda v: v[0], Types.STRING()))
show("read", lengths.key_by(lambda v: v[1], Types.LONG()).reduce(lambda a, b: (min(a[0], b[0]), a[1])))
lengths.invalidate()
show("stored again", lengths.map(lambda v: v[1], Types.LONG()))
try:
    lengths.name("cached")
except Exception as e:
    print(e)
