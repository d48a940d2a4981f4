"""FileSink."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from penstock.common.serialization import Encoder
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.connectors.file_system.bucket_assigner import BucketAssigner
from penstock.datastream.connectors.file_system.file_writer import FileWriter
from penstock.datastream.connectors.file_system.local_path import local_path
from penstock.datastream.connectors.file_system.output_file_config import OutputFileConfig
from penstock.datastream.connectors.file_system.part_file import PendingFile
from penstock.datastream.connectors.file_system.rolling_policy import RollingPolicy
from penstock.operators.specs import WriterContext


@dataclass(frozen=True, slots=True)
class FileSink:
    """Part files below a folder, in buckets. Each is published, by a rename, when a checkpoint or the job completes."""

    base_path: str
    encoder: Encoder
    bucket_assigner: BucketAssigner = field(default_factory=BucketAssigner.date_time_bucket_assigner)
    rolling_policy: RollingPolicy = field(default_factory=RollingPolicy.default_rolling_policy)
    output_file_config: OutputFileConfig = field(default_factory=lambda: OutputFileConfig.builder().build())
    bucket_check_interval: int = 60_000  #: ms
    input_type: TypeInformation | None = None

    @staticmethod
    def for_row_format(base_path: str | os.PathLike[str], encoder: Encoder) -> "FileSink.RowFormatBuilder":
        """`base_path` is seen from the program's working directory, and made where it is missing."""
        return FileSink.RowFormatBuilder(base_path, encoder)

    def with_input_type(self, type_info: TypeInformation) -> "FileSink":
        """The sink for records of this type: the encoder's text depends on it."""
        return replace(self, input_type=type_info)

    def create_writer(self, context: WriterContext) -> FileWriter:
        return FileWriter(self)

    def commit(self, committables: Sequence[PendingFile]) -> None:
        for pending in committables:
            pending.commit()

    class RowFormatBuilder:
        """Made by `FileSink.for_row_format`. By default: a folder an hour, parts of 128 MiB or a minute."""

        def __init__(self, base_path: str | os.PathLike[str], encoder: Encoder) -> None:
            if not isinstance(encoder, Encoder):
                raise TypeError(f"an Encoder is needed, such as Encoder.simple_string_encoder(), not {encoder!r}")
            self._sink = FileSink(local_path(base_path), encoder)

        def with_bucket_assigner(self, bucket_assigner: BucketAssigner) -> "FileSink.RowFormatBuilder":
            self._sink = replace(self._sink, bucket_assigner=bucket_assigner)
            return self

        def with_rolling_policy(self, rolling_policy: RollingPolicy) -> "FileSink.RowFormatBuilder":
            self._sink = replace(self._sink, rolling_policy=rolling_policy)
            return self

        def with_output_file_config(self, output_file_config: OutputFileConfig) -> "FileSink.RowFormatBuilder":
            self._sink = replace(self._sink, output_file_config=output_file_config)
            return self

        def with_bucket_check_interval(self, interval: int) -> "FileSink.RowFormatBuilder":
            """How often (ms) it is looked whether a part file is due by its age."""
            if interval < 1:
                raise ValueError(f"the bucket check interval must be positive: {interval}")
            self._sink = replace(self._sink, bucket_check_interval=interval)
            return self

        def build(self) -> "FileSink":
            return self._sink
