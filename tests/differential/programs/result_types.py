"""What a declared output_type makes of a function's results."""

import sys
from datetime import date, datetime, time
from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


start = env.from_collection([0], Types.INT())
for name, kind, values in [
    ("int", Types.INT(), [5, True, 1.7, Decimal(3)]),
    ("byte", Types.BYTE(), [127, -128]),
    ("float", Types.FLOAT(), [0.1, 1, True, Decimal("1.5")]),
    ("double", Types.DOUBLE(), [0.1, 1]),
    ("boolean", Types.BOOLEAN(), [True, 1, 0, 2]),
    ("big decimal", Types.BIG_DEC(), [Decimal("1.50"), 1, "2.5", 1.1]),
    ("date", Types.SQL_DATE(), [date(2020, 1, 2), datetime(2020, 1, 2, 3)]),
    ("time", Types.SQL_TIME(), [time(1, 2, 3, 456789)]),
    ("bytes", Types.PRIMITIVE_ARRAY(Types.BYTE()), [b"ab"]),
    ("map", Types.MAP(Types.STRING(), Types.INT()), [{"a": 1, "b": None}]),
    ("tuple", Types.TUPLE([Types.INT(), Types.STRING()]), [(1, "a"), (1.7, "b"), (1, "c", 2)]),
    ("row", Types.ROW([Types.INT(), Types.STRING()]), [Row(1, "a"), Row(None, None), Row(f1="a", f0=1)]),
    ("named row", Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]), [Row(1, "a"), Row(b="x", a=3)]),
    ("float tuple", Types.TUPLE([Types.FLOAT()]), [(0.1,)]),
]:
    show(name, start.flat_map(lambda _, values=values: list(values), kind))


class Between(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value[0]!r} {value[1]!r}"


between = start.map(lambda _: (0.1, 2.9), Types.TUPLE([Types.FLOAT(), Types.INT()]))
show("through a key", between.key_by(lambda v: 0, Types.INT()).process(Between(), Types.STRING()))
