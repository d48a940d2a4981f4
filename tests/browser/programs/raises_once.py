"""Endless; one of its records raises the first time."""

import sys
import time
from pathlib import Path

from penstock.common import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource

MARKER = Path(sys.argv[1])


def careful(number: int) -> int:
    time.sleep(0.002)
    if number > 300 and not MARKER.exists():
        MARKER.touch()
        raise ValueError(f"{number} is more than this can bear")
    return number


env = StreamExecutionEnvironment.get_execution_environment()
env.enable_checkpointing(500)
numbers = env.from_source(NumberSequenceSource(0, 100_000_000), WatermarkStrategy.no_watermarks(), "numbers")
numbers.map(careful).filter(lambda n: n < 0).print()
env.execute("raises once")
