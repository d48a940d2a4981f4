"""from_collection of every type that PyFlink 2.3 can collect."""

import sys
from datetime import date, time
from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


for name, kind, values in [
    ("string", Types.STRING(), ["a", "é", ""]),
    ("text of an int", Types.STRING(), [1]),
    ("boolean", Types.BOOLEAN(), [True, False]),
    ("byte wraps", Types.BYTE(), [1, 127, 128, 200, -129]),
    ("short wraps", Types.SHORT(), [1, 40000, -32769]),
    ("int wraps", Types.INT(), [1, 2**31, 2**40, -(2**31) - 1]),
    ("long", Types.LONG(), [1, 2**40, -(2**63), 2**63 - 1]),
    ("double", Types.DOUBLE(), [0.1, -2.5, 1e300]),
    ("big decimal", Types.BIG_DEC(), [Decimal("1.50"), Decimal("-3")]),
    ("date", Types.SQL_DATE(), [date(2020, 1, 2), date(1969, 12, 31)]),
    ("time", Types.SQL_TIME(), [time(1, 2, 3), time(23, 59, 59)]),
    ("primitive array", Types.PRIMITIVE_ARRAY(Types.INT()), [[1, 2], []]),
    ("basic array", Types.BASIC_ARRAY(Types.STRING()), [["a", "b"]]),
    ("object array", Types.OBJECT_ARRAY(Types.STRING()), [["a", "b"]]),
    ("map", Types.MAP(Types.STRING(), Types.INT()), [{"a": 1}, {}]),
    ("tuple", Types.TUPLE([Types.INT(), Types.STRING()]), [(1, "a"), (2, None)]),
    ("row", Types.ROW([Types.INT(), Types.STRING()]), [Row(1, "a"), (2, "b")]),
    ("named row", Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]), [Row(1, "a"), Row(b="x", a=3)]),
    ("nested", Types.TUPLE([Types.TUPLE([Types.INT()]), Types.MAP(Types.INT(), Types.STRING())]), [((1,), {1: "a"})]),
]:
    show(name, env.from_collection(values, kind))
show("pickled", env.from_collection([1, {"a": [1, 2]}, ("x",)]))
