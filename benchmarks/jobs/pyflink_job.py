"""A workload on PyFlink, in its own venv: the program that Penstock runs too, and settings for throughput.

Results go to a sink that discards them; with `--keep` to files, so that they can be checked.
"""

import argparse
import sys
from typing import Any

import pyflink.common
import pyflink.common.watermark_strategy
import pyflink.datastream
import pyflink.datastream.window
from dataflows import DATAFLOWS
from pyflink.common import Configuration
from pyflink.datastream.connectors.base import Sink
from pyflink.datastream.connectors.file_system import FileSource, StreamFormat
from pyflink.java_gateway import get_gateway
from rows_to_files import keep


def environment(mode: str) -> Any:
    configuration = Configuration()
    for key, value in {
        "parallelism.default": "1",
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
        "python.execution-mode": mode,
        # as large as they come by default; a bundle is also the unit in which states are written back
        "python.fn-execution.bundle.size": "100000",
        "python.fn-execution.bundle.time": "1000",
        "python.fn-execution.arrow.batch.size": "10000",
        # every key fits: the default of 1,000 asks the JVM for nearly every word
        "python.state.cache-size": "200000",
        "pipeline.object-reuse": "true",
        "taskmanager.memory.managed.size": "512mb",
    }.items():
        configuration.set_string(key, value)
    return pyflink.datastream.StreamExecutionEnvironment.get_execution_environment(configuration)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workload", choices=DATAFLOWS, required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--mode", choices=("process", "thread"), required=True)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    env = environment(arguments.mode)
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), arguments.input).build()
    lines = env.from_source(source, pyflink.common.WatermarkStrategy.no_watermarks(), "lines")
    results = DATAFLOWS[arguments.workload](pyflink, lines)
    if arguments.keep:
        keep(results, arguments.output)
    else:
        discarding = get_gateway().jvm.org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink()
        results.sink_to(Sink(discarding))
    env.execute(arguments.workload)


if __name__ == "__main__":
    main()
