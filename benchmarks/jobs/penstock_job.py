"""A workload on Penstock: local as a script, on a cluster by `penstock run`."""

import argparse
from collections.abc import Sequence
from typing import Any

from dataflows import DATAFLOWS
from tally import leave_summary, new_tally

import penstock.common.watermark_strategy
import penstock.datastream.window
from penstock.datastream.connectors.file_system import FileSource, StreamFormat
from penstock.operators.specs import WriterContext


class TallySink:
    """`folder`: where each subtask leaves its summary."""

    def __init__(self, workload: str, folder: str) -> None:
        self._workload, self._folder = workload, folder

    def create_writer(self, context: WriterContext) -> "TallyWriter":
        return TallyWriter(self._workload, context.subtask)

    def commit(self, committables: Sequence[Any]) -> None:
        for subtask, content in committables:
            leave_summary(self._folder, str(subtask), content)


class TallyWriter:
    def __init__(self, workload: str, subtask: int) -> None:
        self._tally, self._subtask = new_tally(workload), subtask
        self._has_ended = False
        self.write = self._tally.write

    def end_input(self) -> None:
        self._has_ended = True

    def flush(self) -> None: ...

    def prepare_commit(self) -> list[tuple[int, dict[str, int]]]:
        """Once, so that checkpoints on the way cost what the engine makes of them."""
        if not self._has_ended:
            return []
        self._has_ended = False
        return [(self._subtask, self._tally.summary())]

    def close(self) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workload", choices=DATAFLOWS, required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    env = penstock.datastream.StreamExecutionEnvironment.get_execution_environment()
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), arguments.input).build()
    lines = env.from_source(source, penstock.common.WatermarkStrategy.no_watermarks(), "lines")
    results = DATAFLOWS[arguments.workload](penstock, lines)
    results.sink_to(TallySink(arguments.workload, arguments.output))
    env.execute(arguments.workload)


if __name__ == "__main__":
    main()
