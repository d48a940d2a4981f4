"""The text, equality and fields of types."""

import sys

from pyflink.common import Duration, Instant, Time, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))

types = [
    Types.STRING(),
    Types.INT(),
    Types.BIG_INT(),
    Types.BIG_DEC(),
    Types.INSTANT(),
    Types.SQL_DATE(),
    Types.SQL_TIME(),
]
types += [Types.SQL_TIMESTAMP(), Types.PICKLED_BYTE_ARRAY(), Types.CHAR(), Types.BOOLEAN(), Types.BYTE(), Types.SHORT()]
types += [
    Types.LONG(),
    Types.FLOAT(),
    Types.DOUBLE(),
    Types.ROW([Types.INT(), Types.STRING()]),
    Types.LIST(Types.INT()),
]
types += [Types.ROW_NAMED(["a"], [Types.INT()]), Types.TUPLE([Types.INT()]), Types.MAP(Types.INT(), Types.STRING())]
types += [
    Types.PRIMITIVE_ARRAY(Types.INT()),
    Types.BASIC_ARRAY(Types.STRING()),
    Types.OBJECT_ARRAY(Types.ROW([Types.INT()])),
]
for kind in types:
    print(kind)
row = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()])
print(row.get_field_names(), row.get_field_types(), Types.ROW([Types.INT()]).get_field_names())
print(Types.TUPLE([Types.INT()]).get_field_types(), Types.INT() == Types.INT(), Types.INT() == Types.LONG())
numbers = env.from_collection([1], Types.INT())
print(numbers.get_type(), numbers.map(str).get_type(), numbers.map(str, Types.STRING()).get_type())
print(numbers.filter(bool).get_type(), numbers.get_name())
print(Duration.of_millis(1500) == Duration.of_nanos(1500000000), Time.seconds(2), Instant.of_epoch_milli(-1))
print(Instant.of_epoch_milli(1234567).to_epoch_milli(), Time.hours(1).to_milliseconds())
