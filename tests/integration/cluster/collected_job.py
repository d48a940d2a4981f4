"""Collects paced records and prints them; fails by an exception or a killed slot."""

import os
import random
import sys
import time
from pathlib import Path

from penstock.common import Types
from penstock.common.watermark_strategy import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource

COUNT, FAILURES, FOLDER = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])


def slow(number: int) -> tuple[int, float]:
    """Another value at each attempt: a record that came twice, or of two attempts, would show."""
    time.sleep(0.002)
    if number >= COUNT // 2 and random.random() < 0.02:
        for failure in range(FAILURES):
            try:
                (FOLDER / f"failure-{failure}").touch(exist_ok=False)
            except FileExistsError:
                continue
            if failure % 2:
                os.kill(os.getpid(), 9)
            raise RuntimeError(f"failure {failure}")
    return number, random.random()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_source(NumberSequenceSource(1, COUNT), WatermarkStrategy.no_watermarks(), "numbers")
kind = Types.TUPLE([Types.LONG(), Types.DOUBLE()])
stream = numbers.rebalance().map(slow, output_type=kind).key_by(lambda pair: pair[0] % 7)
with stream.map(lambda pair: pair[0], output_type=Types.LONG()).execute_and_collect("collected") as records:
    for record in records:
        print("got", record, flush=True)
