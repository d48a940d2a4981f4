"""A workload on Penstock: local as a script, on a cluster by `penstock run`."""

import argparse
from functools import partial

from dataflows import DATAFLOWS
from summary_sink import SummarySink
from tally import new_tally

import penstock.common.watermark_strategy
import penstock.datastream.window
from penstock.datastream.connectors.file_system import FileSource, StreamFormat


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
    results.sink_to(SummarySink(partial(new_tally, arguments.workload), arguments.output))
    env.execute(arguments.workload)


if __name__ == "__main__":
    main()
