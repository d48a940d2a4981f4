"""A steady stream through one shuffle into keyed state, whose sink says every few seconds how old records get."""

import argparse
import json
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

from latency_job import SteadySource

from penstock.common import Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.operators.specs import WriterContext

KEYS = 100_000
_EVERY = 5.0  #: seconds between two lines
_SPREAD = 0x9E3779B1

Record = tuple[int, int, int]  #: key, due (ns), records so far


class ReportingSink:
    """`folder`: gets a file of each subtask, a JSON object a line: `time` (Unix), `results` so far, ages in ms."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def create_writer(self, context: WriterContext) -> "ReportingWriter":
        return ReportingWriter(Path(self._folder, f"{context.subtask}.jsonl"))

    def commit(self, committables: Sequence[None]) -> None: ...


class ReportingWriter:
    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._results = 0
        self._ages = array("l")
        self._next = time.time() + _EVERY

    def write(self, values: Sequence[Record]) -> None:
        now = time.time_ns()
        self._results += len(values)
        # the oldest and the newest: an age of each record would be most of what the job does
        self._ages.append(now - values[0][1])
        self._ages.append(now - values[-1][1])
        if now >= self._next * 1e9:
            self._report(now / 1e9)

    def end_input(self) -> None:
        self._report(time.time())

    def flush(self) -> None: ...

    def prepare_commit(self) -> list[None]:
        return []

    def close(self) -> None: ...

    def _report(self, now: float) -> None:
        line: dict[str, float] = {"time": now, "results": self._results}
        if len(self._ages) > 1:
            cuts = quantiles(self._ages, n=100)
            line |= {"p50_ms": cuts[49] / 1e6, "p99_ms": cuts[98] / 1e6}
        with self._file.open("a", encoding="ascii") as file:
            file.write(json.dumps(line) + "\n")
        self._ages = array("l")
        self._next = now + _EVERY


def record_of(due: int) -> Record:
    return (due * _SPREAD >> 16) % KEYS, due, 1


def newer(a: Record, b: Record) -> Record:
    return b[0], b[1], a[2] + 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=int, required=True, help="records a second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    env = StreamExecutionEnvironment.get_execution_environment()
    source = SteadySource(arguments.rate, arguments.seconds, quiet=False)
    records = Types.TUPLE([Types.LONG(), Types.LONG(), Types.LONG()])
    (
        env.from_source(source, WatermarkStrategy.no_watermarks(), "steady", Types.LONG())
        .map(record_of, output_type=records)
        .key_by(lambda record: record[0], key_type=Types.LONG())
        .reduce(newer)
        .sink_to(ReportingSink(arguments.output))
    )
    env.execute("soak")
