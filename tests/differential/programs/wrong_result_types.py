"""Results that are not of the declared output_type fail the job."""

import sys

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


start = env.from_collection([0], Types.INT())
for name, kind, value in [
    ("int too large", Types.INT(), 2**31),
    ("byte too large", Types.BYTE(), 128),
    ("long too large", Types.LONG(), 2**63),
    ("str for int", Types.INT(), "a"),
    ("int for str", Types.STRING(), 1),
    ("bytes for str", Types.STRING(), b"a"),
    ("str for double", Types.DOUBLE(), "1"),
    ("str for boolean", Types.BOOLEAN(), "a"),
    ("str for date", Types.SQL_DATE(), "2020-01-02"),
    ("int for list", Types.LIST(Types.INT()), 5),
    ("str in list", Types.LIST(Types.INT()), ["a"]),
    ("none in tuple", Types.TUPLE([Types.INT(), Types.STRING()]), (None, "a")),
    ("swapped tuple", Types.TUPLE([Types.INT(), Types.STRING()]), ("a", 1)),
    ("other names", Types.ROW_NAMED(["a"], [Types.INT()]), Row(x=1)),
]:
    try:
        show(name, start.map(lambda _, value=value: value, kind))
    except Exception:
        print(name, "fails")
