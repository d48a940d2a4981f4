"""A word count that goes on for hours, with a checkpoint every second."""

import time
from collections.abc import Iterator

from penstock.common import Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource

TEXT = [
    "to",
    "be",
    "or",
    "not",
    "to",
    "be",
    "that",
    "is",
    "the",
    "question",
    "whether",
    "tis",
    "nobler",
    "in",
    "the",
    "mind",
    "to",
    "suffer",
]


def line(number: int) -> str:
    time.sleep(0.004)
    return " ".join(TEXT[(number * step) % len(TEXT)] for step in range(1, 7))


def split(one: str) -> Iterator[tuple[str, int]]:
    for word in one.split():
        yield word, 1


def check(pair: tuple[str, int]) -> tuple[str, int]:
    time.sleep(0.0006)
    return pair


env = StreamExecutionEnvironment.get_execution_environment()
env.enable_checkpointing(1000)
pairs = Types.TUPLE([Types.STRING(), Types.LONG()])
(
    env.from_source(NumberSequenceSource(0, 50_000_000), WatermarkStrategy.no_watermarks(), "numbers")
    .map(line, output_type=Types.STRING())
    .name("line")
    .flat_map(split, output_type=pairs)
    .name("split")
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .map(check, output_type=pairs)
    .name("check")
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .sum(1)
    .name("count")
    .filter(lambda pair: pair[1] % 1_000_000 == 0)
    .print()
)
env.execute("endless word count")
