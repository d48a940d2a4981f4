"""Rows: kinds, names, templates, equality, text."""

import sys

from pyflink.common import Row, RowKind, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


Person = Row("name", "age")
alice = Person("Alice", 11)
print(alice, alice.name, alice["age"], alice[0], len(alice), "age" in alice, alice.as_dict())
print(Row("a", 1), Row(a=1, b="x"), Row(1) == Row(1), Row(a=1) == Row(1), [str(k) for k in RowKind])
deleted = Row.of_kind(RowKind.DELETE, "a", 1)
print(deleted.get_row_kind(), deleted == Row("a", 1))
kind = Types.ROW_NAMED(["name", "age"], [Types.STRING(), Types.INT()])
people = env.from_collection([alice, Row("Bob", 7)], kind)
show("rows", people.map(lambda r: Row(r.name.upper(), r.age + 1), kind))
show("fields", people.map(lambda r: f"{r.name} {r['age']} {r[1]} {r.as_dict()} {r.get_row_kind()}", Types.STRING()))


def older(row):
    row = Row(row[0], row[1])
    row.set_row_kind(RowKind.UPDATE_AFTER)
    return row


show("kinds", people.map(older, kind).map(lambda r: str(r.get_row_kind()), Types.STRING()))
show(
    "nested",
    people.map(lambda r: Row(r.name, Row(x=r.age)), Types.ROW([Types.STRING(), Types.ROW_NAMED(["x"], [Types.INT()])])),
)
