"""`counting_job.py OUT LAST PAUSE [FAIL_ONCE [UID]]`: running totals by remainder of 1…LAST, each once, into files.

Every record takes PAUSE seconds. The first subtask to see LAST / 2 fails, once, where FAIL_ONCE names a file that it
makes. UID: of the totals, `totals` unless said otherwise.
"""

import sys
import time
from pathlib import Path

from penstock.common import Encoder, Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.file_system import BucketAssigner, FileSink, RollingPolicy
from penstock.datastream.connectors.number_seq import NumberSequenceSource

out, last, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
fail_once = sys.argv[4] if len(sys.argv) > 4 else ""
uid = sys.argv[5] if len(sys.argv) > 5 else "totals"


def slowly(number: int) -> tuple[int, int]:
    time.sleep(pause)
    if fail_once and number == last // 2 and not Path(fail_once).exists():
        Path(fail_once).touch()
        raise ValueError(f"{number} is refused once")
    return number % 7, 1


env = StreamExecutionEnvironment.get_execution_environment()
env.enable_checkpointing(300)
sink = (
    FileSink.for_row_format(out, Encoder.simple_string_encoder())
    .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
    # what is in progress stays hidden over a stop, as in Flink: here each checkpoint publishes
    .with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
    .build()
)
pair = Types.TUPLE([Types.LONG(), Types.LONG()])
numbers = env.from_source(NumberSequenceSource(1, last), WatermarkStrategy.no_watermarks(), "numbers").uid("numbers")
totals = numbers.map(slowly, output_type=pair).key_by(lambda p: p[0], key_type=Types.LONG())
totals.reduce(lambda a, b: (a[0], a[1] + b[1])).uid(uid).sink_to(sink).uid("out")
env.execute("counting")
