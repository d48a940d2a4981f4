"""Reading and writing files. Source: `pyflink.datastream.connectors.file_system`."""

from penstock.datastream.connectors.file_system.bucket_assigner import BucketAssigner
from penstock.datastream.connectors.file_system.bulk_format import BulkFormat
from penstock.datastream.connectors.file_system.file_compact_strategy import FileCompactStrategy
from penstock.datastream.connectors.file_system.file_compactor import FileCompactor
from penstock.datastream.connectors.file_system.file_format import FileFormat, RecordReadError
from penstock.datastream.connectors.file_system.file_sink import FileSink
from penstock.datastream.connectors.file_system.file_source import FileSource, FileSourceBuilder
from penstock.datastream.connectors.file_system.output_file_config import OutputFileConfig
from penstock.datastream.connectors.file_system.providers import FileEnumeratorProvider, FileSplitAssignerProvider
from penstock.datastream.connectors.file_system.rolling_policy import (
    DefaultRollingPolicy,
    OnCheckpointRollingPolicy,
    RollingPolicy,
)
from penstock.datastream.connectors.file_system.stream_format import StreamFormat

__all__ = [
    "BucketAssigner",
    "BulkFormat",
    "DefaultRollingPolicy",
    "FileCompactStrategy",
    "FileCompactor",
    "FileEnumeratorProvider",
    "FileFormat",
    "FileSink",
    "FileSource",
    "FileSourceBuilder",
    "FileSplitAssignerProvider",
    "OnCheckpointRollingPolicy",
    "OutputFileConfig",
    "RecordReadError",
    "RollingPolicy",
    "StreamFormat",
]
