"""Reading and writing files. Source: `pyflink.datastream.connectors.file_system`."""

from penstock.datastream.connectors.file_system.bucket_assigner import BucketAssigner
from penstock.datastream.connectors.file_system.file_sink import FileSink
from penstock.datastream.connectors.file_system.file_source import FileSource, FileSourceBuilder
from penstock.datastream.connectors.file_system.output_file_config import OutputFileConfig
from penstock.datastream.connectors.file_system.rolling_policy import (
    DefaultRollingPolicy,
    OnCheckpointRollingPolicy,
    RollingPolicy,
)
from penstock.datastream.connectors.file_system.stream_format import StreamFormat

__all__ = [
    "BucketAssigner",
    "DefaultRollingPolicy",
    "FileSink",
    "FileSource",
    "FileSourceBuilder",
    "OnCheckpointRollingPolicy",
    "OutputFileConfig",
    "RollingPolicy",
    "StreamFormat",
]
