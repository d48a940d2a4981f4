"""Compressed files, hidden ones, folders in folders, several paths, a monitored folder."""

import bz2
import gzip
import sys
import zlib
from pathlib import Path

from pyflink.common import Duration, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import (
    FileEnumeratorProvider,
    FileSource,
    FileSplitAssignerProvider,
    StreamFormat,
)

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
folder = Path(sys.argv[2]).parent / f"compressed-{sys.argv[1]}"
(folder / "below" / "deep").mkdir(parents=True, exist_ok=True)
(folder / "_hidden").mkdir(exist_ok=True)
(folder / "a.gz").write_bytes(gzip.compress(b"gzip\r\n1"))
(folder / "b.bz2").write_bytes(bz2.compress(b"bz2\n2\n"))
(folder / "c.deflate").write_bytes(zlib.compress(b"deflate\n"))
(folder / "below" / "deep" / "d.txt").write_text("deep\n")
(folder / "_skipped").write_text("skipped\n")
(folder / ".skipped").write_text("skipped\n")
(folder / "_hidden" / "e.txt").write_text("skipped\n")


def builder(*paths):
    return FileSource.for_record_stream_format(StreamFormat.text_line_format(), *map(str, paths))


def show(name, source, limit=None):
    stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "lines").map(repr, Types.STRING())
    if limit is not None:
        found = stream.execute_and_collect(limit=limit)
        print(name, sorted(found))
        return
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, result)


show("all", builder(folder).build())
enumerator = FileEnumeratorProvider.default_non_splittable_file_enumerator()
assigner = FileSplitAssignerProvider.locality_aware_split_assigner()
show(
    "two",
    builder(folder / "a.gz", folder / "below").set_file_enumerator(enumerator).set_split_assigner(assigner).build(),
)
show("monitored", builder(folder / "below").monitor_continuously(Duration.of_millis(100)).build(), limit=1)
