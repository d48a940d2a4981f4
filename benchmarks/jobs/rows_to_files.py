"""PyFlink's results as text, written by the JVM."""

from typing import Any

from pyflink.common import Encoder
from pyflink.datastream.connectors.file_system import BucketAssigner, FileSink


def keep(stream: Any, folder: str) -> None:
    """Every result as its `toString()`, a line each, into `folder`."""
    files = FileSink.for_row_format(folder, Encoder.simple_string_encoder())
    stream.sink_to(files.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner()).build())
