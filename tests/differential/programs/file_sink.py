"""FileSink's text forms, and its base path bucket."""

import sys
from datetime import date

from pyflink.common import Encoder, Row, Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import BucketAssigner, FileSink

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def write(name, stream):
    sink = FileSink.for_row_format(f"{sys.argv[2]}/{name}", Encoder.simple_string_encoder())
    stream.sink_to(sink.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner()).build())


write("text", env.from_collection(["a", "b c"], Types.STRING()))
write("double", env.from_collection([1.0, 0.1, 1e10], Types.DOUBLE()))
write("long", env.from_collection([1, 2], Types.INT()).map(lambda v: v * 2**40, Types.LONG()))
pair = Types.TUPLE([Types.STRING(), Types.LONG(), Types.DOUBLE(), Types.BOOLEAN()])
write("tuple", env.from_collection([("a", 1, 1.0, True), ("b", 2, 2.5, False)], pair))
row = Types.ROW_NAMED(["a", "b"], [Types.STRING(), Types.DOUBLE()])
write("row", env.from_collection([Row("a", 1.0), Row("b", None)], row))
write("map", env.from_collection([{"a": 1.0}], Types.MAP(Types.STRING(), Types.DOUBLE())))
write("date", env.from_collection([date(2020, 1, 2)], Types.SQL_DATE()))
env.execute("file sink")
