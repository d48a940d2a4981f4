"""A word count that takes as long as it is told: `paced_word_count.py TEXT OUT LINES PAUSE`.

The source makes LINES lines out of the file TEXT (read at the client), each after PAUSE seconds.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from penstock.common import Encoder, Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.file_system import BucketAssigner, FileSink
from penstock.datastream.connectors.number_seq import NumberSequenceSource

text = Path(sys.argv[1]).read_text().splitlines()
out, lines, pause = sys.argv[2], int(sys.argv[3]), float(sys.argv[4])


def line(number: int) -> str:
    time.sleep(pause)
    return text[number % len(text)]


def split(one: str) -> Iterator[tuple[str, int]]:
    for word in one.split():
        yield word, 1


env = StreamExecutionEnvironment.get_execution_environment()
sink = (
    FileSink.for_row_format(out, Encoder.simple_string_encoder())
    .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
    .build()
)
(
    env.from_source(NumberSequenceSource(0, lines - 1), WatermarkStrategy.no_watermarks(), "numbers")
    .map(line, output_type=Types.STRING())
    .flat_map(split, output_type=Types.TUPLE([Types.STRING(), Types.LONG()]))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .reduce(lambda a, b: (a[0], a[1] + b[1]))
    .sink_to(sink)
)
env.execute("paced word count")
