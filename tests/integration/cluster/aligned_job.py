"""Two slots read one group of aligned sources at different speeds; prints how far apart they were, in the median.

A record is (subtask, how far it is ahead of the other one): each writes its time to a file.
"""

import sys
import time
from pathlib import Path
from typing import Any

from penstock.common import Configuration, Duration, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource
from penstock.datastream.functions import MapFunction, RuntimeContext

FOLDER, COUNT, DRIFT = Path(sys.argv[1]), 150, int(sys.argv[2])


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value) % COUNT


class Paced(MapFunction):
    """The split of subtask 0 takes ten times as long."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.subtask = runtime_context.get_index_of_this_subtask()

    def map(self, value: int) -> tuple[int, int]:
        time.sleep(0.02 if self.subtask == 0 else 0.002)
        written = FOLDER / f"{self.subtask}.new"
        written.write_text(str(value % COUNT))
        written.replace(FOLDER / str(self.subtask))
        try:
            other = int((FOLDER / str(1 - self.subtask)).read_text())
        except FileNotFoundError:
            other = 0
        return self.subtask, value % COUNT - other


configuration = Configuration()
configuration.set_string("pipeline.auto-watermark-interval", "1 ms")
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(2)
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
if DRIFT:
    strategy = strategy.with_watermark_alignment("g", Duration.of_millis(DRIFT), Duration.of_millis(20))
numbers = env.from_source(NumberSequenceSource(0, 2 * COUNT - 1), strategy, "numbers")
apart = numbers.map(Paced(), output_type=Types.TUPLE([Types.INT(), Types.LONG()]))
with apart.execute_and_collect() as records:
    found = [lead for subtask, lead in records if subtask == 1]
print("records", len(found), "apart", sorted(found)[len(found) // 2])
