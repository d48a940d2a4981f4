"""The measured job: lines, words, pairs, running counts. Local as a script, on a cluster by `penstock run`."""

import argparse

from counting_sink import CountingSink
from word_functions import add, key, pair, split

from penstock.common import Encoder, Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.file_system import BucketAssigner, FileSink, FileSource, StreamFormat


def word_count(text: str, repeat: int, sink: str, output: str) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), *[text] * repeat).build()
    counts = (
        env.from_source(source, WatermarkStrategy.no_watermarks(), "text")
        .flat_map(split, output_type=Types.STRING())
        .map(pair, output_type=Types.TUPLE([Types.STRING(), Types.LONG()]))
        .key_by(key, key_type=Types.STRING())
        .reduce(add)
    )
    if sink == "files":
        files = FileSink.for_row_format(output, Encoder.simple_string_encoder())
        counts.sink_to(files.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner()).build())
    else:
        counts.sink_to(CountingSink(output))
    env.execute("word count")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--text", required=True)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--sink", choices=("counting", "files"), default="counting")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    word_count(arguments.text, arguments.repeat, arguments.sink, arguments.output)
