"""What print writes: of every type, with and without an identifier."""

import sys
from datetime import date
from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))

pair = Types.TUPLE([Types.STRING(), Types.DOUBLE()])
env.from_collection([("a", 1.0), ("b", 1e10), ("c", 0.0001)], pair).print()
env.from_collection([("a", 2.5)], pair).print("named")
env.from_collection([True], Types.BOOLEAN()).print()
env.from_collection([1.5, 100.0, 1e7, 1e-4], Types.DOUBLE()).print("double")
env.from_collection([1], Types.INT()).map(lambda v: v / 3, Types.FLOAT()).print("float")
env.from_collection([Row("a", 1), Row("b", 2)], Types.ROW([Types.STRING(), Types.INT()])).print("row")
env.from_collection([{"a": 1}], Types.MAP(Types.STRING(), Types.INT())).print("map")
env.from_collection([1, None, "x", (1, "y")]).print("pickled")
env.from_collection([1], Types.INT()).map(lambda v: [v, 2], Types.LIST(Types.INT())).print("list")
env.from_collection([date(2020, 1, 2)], Types.SQL_DATE()).print("date")
env.from_collection([Decimal("1.50")], Types.BIG_DEC()).print("decimal")
env.execute("print forms")
