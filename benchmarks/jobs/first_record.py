"""A small job that tells when it was submitted and when each sink subtask saw its first record."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from penstock.common import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource
from penstock.operators.specs import WriterContext


class FirstRecordSink:
    """Leaves a file `<subtask>` with the Unix time (ns) of the first record."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def create_writer(self, context: WriterContext) -> "FirstRecordWriter":
        return FirstRecordWriter(Path(self._folder, str(context.subtask)))

    def commit(self, committables: Sequence[Any]) -> None: ...


class FirstRecordWriter:
    def __init__(self, file: Path) -> None:
        self._file: Path | None = file

    def write(self, values: Sequence[Any]) -> None:
        if self._file is not None:
            self._file.write_text(str(time.time_ns()), encoding="ascii")
            self._file = None

    def flush(self) -> None: ...

    def prepare_commit(self) -> list[Any]:
        return []

    def close(self) -> None: ...


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", required=True)
    output = Path(parser.parse_args().output)
    output.mkdir(parents=True)
    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = env.from_source(NumberSequenceSource(0, 9999), WatermarkStrategy.no_watermarks(), "numbers")
    numbers.key_by(lambda n: n % 100).reduce(lambda a, b: a + b).sink_to(FirstRecordSink(str(output)))
    (output / "submitting").write_text(str(time.time_ns()), encoding="ascii")
    env.execute("first record")
