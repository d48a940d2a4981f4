"""FileSink."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, Self

from penstock.common.jvm import no_jvm
from penstock.common.serialization import BulkWriterFactory, Encoder
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.connectors.file_system.bucket_assigner import BucketAssigner
from penstock.datastream.connectors.file_system.committer import commit_all
from penstock.datastream.connectors.file_system.compacting import Compaction
from penstock.datastream.connectors.file_system.file_compact_strategy import FileCompactStrategy
from penstock.datastream.connectors.file_system.file_compactor import FileCompactor
from penstock.datastream.connectors.file_system.file_writer import Committable, FileWriter
from penstock.datastream.connectors.file_system.local_path import local_path
from penstock.datastream.connectors.file_system.output_file_config import OutputFileConfig
from penstock.datastream.connectors.file_system.rolling_policy import OnCheckpointRollingPolicy, RollingPolicy
from penstock.operators.specs import WriterContext


@dataclass(frozen=True, slots=True)
class FileSink:
    """Part files below a folder, in buckets. Each is published, by a rename, when a checkpoint or the job completes.

    One of `encoder` (row format) and `bulk` is there.
    """

    base_path: str
    encoder: Encoder | None
    bulk: BulkWriterFactory | None = None
    bucket_assigner: BucketAssigner = field(default_factory=BucketAssigner.date_time_bucket_assigner)
    rolling_policy: RollingPolicy = field(default_factory=RollingPolicy.default_rolling_policy)
    output_file_config: OutputFileConfig = field(default_factory=lambda: OutputFileConfig.builder().build())
    bucket_check_interval: int = 60_000  #: ms
    compaction: Compaction | None = None
    input_type: TypeInformation | None = None

    @staticmethod
    def for_row_format(base_path: str | os.PathLike[str], encoder: Encoder) -> "FileSink.RowFormatBuilder":
        """`base_path` is seen from the program's working directory, and made where it is missing."""
        return FileSink.RowFormatBuilder(base_path, encoder)

    @staticmethod
    def for_bulk_format(
        base_path: str | os.PathLike[str], writer_factory: BulkWriterFactory
    ) -> "FileSink.BulkFormatBuilder":
        """As `for_row_format`. Every checkpoint closes the part files."""
        return FileSink.BulkFormatBuilder(base_path, writer_factory)

    @property
    def row_encoder(self) -> Encoder:
        assert self.encoder is not None, "a sink of a bulk format"
        return self.encoder

    def with_input_type(self, type_info: TypeInformation) -> "FileSink":
        """The sink for records of this type: the encoder's text depends on it."""
        return replace(self, input_type=type_info)

    def create_writer(self, context: WriterContext) -> FileWriter:
        return FileWriter(self, context)

    def commit(self, committables: Sequence[Committable]) -> None:
        commit_all(self, committables)

    def get_transformer(self) -> Any:
        """None: rows are converted by the writer itself."""
        return None

    def get_java_function(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_function()")

    class BaseBuilder:
        """By default: a folder an hour, parts `part-<id>-<number>`."""

        def __init__(self, sink: "FileSink") -> None:
            self._sink = sink

        def with_bucket_assigner(self, bucket_assigner: BucketAssigner) -> Self:
            _check(bucket_assigner, BucketAssigner)
            self._sink = replace(self._sink, bucket_assigner=bucket_assigner)
            return self

        def with_output_file_config(self, output_file_config: OutputFileConfig) -> Self:
            _check(output_file_config, OutputFileConfig)
            self._sink = replace(self._sink, output_file_config=output_file_config)
            return self

        def with_bucket_check_interval(self, interval: int) -> Self:
            """How often (ms) it is looked whether a part file is due by its age."""
            if interval < 1:
                raise ValueError(f"the bucket check interval must be positive: {interval}")
            self._sink = replace(self._sink, bucket_check_interval=interval)
            return self

        def with_rolling_policy(self, rolling_policy: RollingPolicy) -> Self:
            _check(rolling_policy, RollingPolicy)
            self._sink = replace(self._sink, rolling_policy=rolling_policy)
            return self

        def enable_compact(self, strategy: FileCompactStrategy, compactor: FileCompactor) -> Self:
            """Files are published when the strategy says so, as one file a bucket and subtask."""
            _check(strategy, FileCompactStrategy)
            _check(compactor, FileCompactor)
            self._sink = replace(self._sink, compaction=Compaction(strategy, compactor))
            return self

        def disable_compact(self) -> Self:
            """Files that a former run has left for compaction are published as they are."""
            self._sink = replace(self._sink, compaction=None)
            return self

        def build(self) -> "FileSink":
            return self._sink

    class RowFormatBuilder(BaseBuilder):
        """Made by `FileSink.for_row_format`. By default parts of 128 MiB or a minute."""

        def __init__(self, base_path: str | os.PathLike[str], encoder: Encoder) -> None:
            if not isinstance(encoder, Encoder):
                raise TypeError(f"an Encoder is needed, such as Encoder.simple_string_encoder(), not {encoder!r}")
            super().__init__(FileSink(local_path(base_path), encoder))

        def with_rolling_policy(self, rolling_policy: RollingPolicy) -> Self:
            super().with_rolling_policy(rolling_policy)
            return self

    class BulkFormatBuilder(BaseBuilder):
        """Made by `FileSink.for_bulk_format`."""

        def __init__(self, base_path: str | os.PathLike[str], writer_factory: BulkWriterFactory) -> None:
            if not isinstance(writer_factory, BulkWriterFactory):
                raise TypeError(f"a BulkWriterFactory is needed, such as ParquetBulkWriters makes: {writer_factory!r}")
            policy = RollingPolicy.on_checkpoint_rolling_policy()
            super().__init__(FileSink(local_path(base_path), None, writer_factory, rolling_policy=policy))

        def with_rolling_policy(self, rolling_policy: RollingPolicy) -> Self:
            """Only the default one: a file that is not complete cannot go on behind a checkpoint."""
            if not isinstance(rolling_policy, OnCheckpointRollingPolicy):
                raise ValueError("rolling_policy must be OnCheckpointRollingPolicy for bulk format")
            super().with_rolling_policy(rolling_policy)
            return self


def _check(value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"a {kind.__name__} is needed, not {value!r}")
