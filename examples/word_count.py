"""Counts the words of a text: the largest count of a word is its result.

    python examples/word_count.py --input FILE              in this process
    penstock run -m HOST:PORT -p 4 examples/word_count.py   on a cluster

Without --input it reads the topics of Python's own help, which travel with the job.
"""

import argparse
from collections.abc import Iterator

from penstock.common import Encoder, Types, WatermarkStrategy
from penstock.datastream import DataStream, StreamExecutionEnvironment
from penstock.datastream.connectors.file_system import BucketAssigner, FileSink, FileSource, StreamFormat
from penstock.datastream.connectors.number_seq import NumberSequenceSource

LINES_PER_CHUNK = 250


def lines_of_file(env: StreamExecutionEnvironment, path: str, repeat: int) -> DataStream:
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), *[path] * repeat).build()
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "lines")


def lines_of_python_help(env: StreamExecutionEnvironment, repeat: int) -> DataStream:
    from pydoc_data.topics import topics

    lines = [line for topic in topics.values() for line in topic.splitlines()]
    chunks = [lines[i : i + LINES_PER_CHUNK] for i in range(0, len(lines), LINES_PER_CHUNK)]
    # a parallel source: its subtasks share the numbers of the chunks, the chunks are part of the function
    numbers = NumberSequenceSource(0, len(chunks) * repeat - 1)
    return env.from_source(numbers, WatermarkStrategy.no_watermarks(), "chunks").flat_map(
        lambda number: chunks[number % len(chunks)], output_type=Types.STRING()
    )


def split(line: str) -> Iterator[tuple[str, int]]:
    for word in line.split():
        yield word, 1


def word_count(input_path: str | None, output_path: str | None, repeat: int) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    lines = lines_of_file(env, input_path, repeat) if input_path else lines_of_python_help(env, repeat)
    counts = (
        lines.flat_map(split, output_type=Types.TUPLE([Types.STRING(), Types.LONG()]))
        .key_by(lambda word_and_count: word_and_count[0], key_type=Types.STRING())
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
    )
    if output_path:
        sink = (
            FileSink.for_row_format(output_path, Encoder.simple_string_encoder())
            .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
            .build()
        )
        counts.sink_to(sink)
    else:
        counts.print()
    env.execute("word count")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Counts words.")
    parser.add_argument("--input", metavar="PATH", help="a file or folder; default: the topics of Python's help")
    parser.add_argument("--output", metavar="DIR", help="write lines '(word,count)' to files; default: print them")
    parser.add_argument("--repeat", metavar="N", type=positive, default=1, help="read the text N times")
    args = parser.parse_args()
    word_count(args.input, args.output, args.repeat)
