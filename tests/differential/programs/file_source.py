"""FileSource reads the lines of all files of a folder."""

import sys
from pathlib import Path

from pyflink.common import Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSource, StreamFormat

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


folder = Path(sys.argv[2]).parent / f"input-{sys.argv[1]}"
(folder / "below").mkdir(parents=True, exist_ok=True)
(folder / "a.txt").write_text("one\ntwo\n\nthree")
(folder / "below" / "b.txt").write_text("four\r\nfive\n")
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(folder)).build()
show("lines", env.from_source(source, WatermarkStrategy.no_watermarks(), "lines").map(repr, Types.STRING()))
