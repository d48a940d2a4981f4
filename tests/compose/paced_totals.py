"""Running totals by key of numbers, each after a pause; committed with checkpoints: OUT COUNT KEYS PAUSE."""

import sys
import time

from penstock.common import Configuration, Encoder, Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.file_system import BucketAssigner, FileSink
from penstock.datastream.connectors.number_seq import NumberSequenceSource

out, count, keys, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])


def keyed(number: int) -> tuple[int, int]:
    time.sleep(pause)
    return number % keys, 1


configuration = Configuration()
configuration.set_string("execution.checkpointing.interval", "300 ms")
env = StreamExecutionEnvironment.get_execution_environment(configuration)
sink = (
    FileSink.for_row_format(out, Encoder.simple_string_encoder())
    .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
    .build()
)
(
    env.from_source(NumberSequenceSource(0, count - 1), WatermarkStrategy.no_watermarks(), "numbers")
    .map(keyed, output_type=Types.TUPLE([Types.LONG(), Types.LONG()]))
    .key_by(lambda pair: pair[0], key_type=Types.LONG())
    .reduce(lambda a, b: (a[0], a[1] + b[1]))
    .sink_to(sink)
)
env.execute("paced totals")
