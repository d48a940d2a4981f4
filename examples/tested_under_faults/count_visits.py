"""Counts visits by page, exactly once into files: `count_visits.py OUT VISITS PAUSE` (seconds of each visit)."""

import sys
import time

from penstock.common import Encoder, Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.file_system import BucketAssigner, FileSink
from penstock.datastream.connectors.number_seq import NumberSequenceSource

PAGES = ("home", "search", "cart", "help", "about")


def page_of(visit: int) -> str:
    return PAGES[visit * visit % len(PAGES)]


def main(out: str, visits: int, pause: float) -> None:
    def visited(visit: int) -> tuple[str, int]:
        time.sleep(pause)
        return page_of(visit), 1

    env = StreamExecutionEnvironment.get_execution_environment()
    env.enable_checkpointing(300)
    sink = (
        FileSink.for_row_format(out, Encoder.simple_string_encoder())
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .build()
    )
    (
        env.from_source(NumberSequenceSource(0, visits - 1), WatermarkStrategy.no_watermarks(), "visits")
        .map(visited, output_type=Types.TUPLE([Types.STRING(), Types.LONG()]))
        .key_by(lambda visit: visit[0], key_type=Types.STRING())
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
        .sink_to(sink)
    )
    env.execute("visits")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
