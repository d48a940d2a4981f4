"""A steady stream through one shuffle: how old each record is when the sink has it, counted from when it was due."""

import argparse
import json
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from penstock.common import Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.operators.source_interface import ReaderContext
from penstock.operators.specs import WriterContext

_KEYS = 1000


class SteadySource:
    """`rate` records a second for `seconds`; a record is the time (ns) at which it is due, however late it leaves.

    `quiet`: never wakes its task.
    """

    def __init__(self, rate: int, seconds: float, quiet: bool) -> None:
        self.bounded = True
        self._rate, self._seconds, self._quiet = rate, seconds, quiet

    def enumerate_splits(self, parallelism: int) -> list[int]:
        """Records left, of each subtask."""
        return [int(self._rate * self._seconds) // parallelism] * parallelism

    def create_reader(self, context: ReaderContext) -> "SteadyReader":
        return SteadyReader(self._rate / context.parallelism, None if self._quiet else context.wake)


class SteadyReader:
    """Wakes its task once a millisecond, where it can."""

    def __init__(self, rate: float, wake: Callable[[], None] | None) -> None:
        self._step = 1e9 / rate
        self._closed = threading.Event()
        if wake is not None:
            threading.Thread(target=self._tick, args=(wake,), daemon=True).start()
        self._left = self._sent = 0
        self._began = 0

    def add_splits(self, splits: Sequence[int]) -> None:
        self._left += sum(splits)

    def poll(self, max_records: int) -> list[int] | None:
        if not self._left:
            return None
        now = time.time_ns()
        self._began = self._began or now
        due = int((now - self._began) / self._step) - self._sent
        count = min(due, self._left, max_records)
        first, step = self._sent, self._step
        self._sent, self._left = self._sent + count, self._left - count
        return [self._began + int(n * step) for n in range(first + 1, first + count + 1)]

    def snapshot(self) -> list[int]:
        return [self._left]

    def close(self) -> None:
        self._closed.set()

    def _tick(self, wake: Callable[[], None]) -> None:
        while not self._closed.wait(0.001):
            wake()


class AgeSink:
    """`folder`: where each subtask leaves percentiles, of all but the first second."""

    def __init__(self, folder: str, warm_up: int) -> None:
        self._folder, self._warm_up = folder, warm_up

    def create_writer(self, context: WriterContext) -> "AgeWriter":
        return AgeWriter(context.subtask)

    def commit(self, committables: Sequence[Any]) -> None:
        Path(self._folder).mkdir(parents=True, exist_ok=True)
        for subtask, ages in committables:
            content = {"ages_us": ages[self._warm_up :].tolist()}
            Path(self._folder, f"{subtask}.json").write_text(json.dumps(content), encoding="ascii")


class AgeWriter:
    def __init__(self, subtask: int) -> None:
        self._subtask, self._ages = subtask, array("l")

    def write(self, values: Sequence[int]) -> None:
        now = time.time_ns()
        self._ages.extend([(now - due) // 1000 for due in values])

    def flush(self) -> None: ...

    def prepare_commit(self) -> list[tuple[int, "array[int]"]]:
        return [(self._subtask, self._ages)]

    def close(self) -> None: ...


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--quiet", action="store_true", help="the source does not wake its task")
    arguments = parser.parse_args()
    env = StreamExecutionEnvironment.get_execution_environment()
    source = SteadySource(arguments.rate, arguments.seconds, arguments.quiet)
    records = env.from_source(source, WatermarkStrategy.no_watermarks(), "steady", Types.LONG())
    warm_up = arguments.rate // env.get_parallelism()
    (
        records.key_by(lambda due: due // 1000 % _KEYS, key_type=Types.LONG())
        .map(lambda due: due, output_type=Types.LONG())
        .sink_to(AgeSink(arguments.output, warm_up))
    )
    env.execute("latency")
