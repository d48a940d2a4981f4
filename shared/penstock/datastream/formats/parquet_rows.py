"""Parquet files of rows: ParquetColumnarRowInputFormat and ParquetBulkWriters."""

from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from penstock.common.configuration import Configuration
from penstock.common.serialization import BulkWriterFactory, RowDataBulkWriterFactory
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.connectors.file_system.bulk_format import BulkFormat
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit, split_file
from penstock.datastream.formats.arrow_reading import ArrowSplit, Group, columns_in_file, rows_of
from penstock.datastream.formats.arrow_types import arrow_schema
from penstock.datastream.formats.arrow_writing import ArrowBulkWriter, OpenFile
from penstock.datastream.formats.file_properties import properties_of
from penstock.datastream.formats.parquet_files import ParquetSettings, open_parquet, parquet_groups, parquet_settings
from penstock.table.conversion import row_type_info
from penstock.table.types import RowType


class ParquetColumnarRowInputFormat(BulkFormat):
    """The columns of `row_type`, as rows. Large files are read in several splits, by row groups.

    `is_utc_timestamp`: how TIMESTAMP was written, see `ParquetBulkWriters`. Columns that a file lacks are None.
    """

    def __init__(
        self,
        row_type: RowType,
        hadoop_config: Configuration | None = None,
        batch_size: int = 2048,
        is_utc_timestamp: bool = False,
        is_case_sensitive: bool = True,
    ) -> None:
        self._row_type = check_row_type(row_type)
        properties_of(hadoop_config)
        if batch_size < 1:
            raise ValueError(f"the batch size must be positive: {batch_size}")
        self._batch_size, self._is_utc, self._is_case_sensitive = batch_size, is_utc_timestamp, is_case_sensitive

    def get_produced_type(self) -> TypeInformation:
        return row_type_info(self._row_type)

    def splits(self, path: str, size: int, size_of_split: int | None) -> list[FileSourceSplit]:
        return split_file(path, size, max(size, 1) if size_of_split is None else size_of_split)

    def open(self, split: FileSourceSplit) -> ArrowSplit:
        file = open_parquet(split.path)
        try:
            columns = columns_in_file(self._row_type, file.schema_arrow.names, self._is_case_sensitive)
            groups: list[Group] = [
                (begin, partial(file.iter_batches, batch_size=self._batch_size, row_groups=[n], columns=columns))
                for n, begin in parquet_groups(file, split)
            ]
            to_rows = rows_of(self._row_type, self._is_utc, self._is_case_sensitive, split.path)
            return ArrowSplit(split, groups, to_rows, file.close)
        except BaseException:
            file.close()
            raise


class ParquetBulkWriters:
    @staticmethod
    def for_row_type(
        row_type: RowType, hadoop_config: Configuration | None = None, utc_timestamp: bool = False
    ) -> BulkWriterFactory:
        """Rows of the type. Of `hadoop_config`, `parquet.compression` and `parquet.block.size` (bytes) count.

        `utc_timestamp`: TIMESTAMP is written as if it were in UTC; else in the time zone of the slot, as Hive 2 does.
        """
        return ParquetRowWriterFactory(check_row_type(row_type), parquet_settings(hadoop_config), utc_timestamp)


@dataclass(frozen=True, slots=True)
class ParquetRowWriterFactory(RowDataBulkWriterFactory):
    row_type: RowType
    settings: ParquetSettings
    is_utc: bool

    def get_row_type(self) -> RowType:
        return self.row_type

    def create(self, file: BinaryIO, type_info: TypeInformation | None) -> ArrowBulkWriter:
        # Flink reads timestamps as INT96
        out = OpenFile(file)
        writer = self.settings.writer(out, arrow_schema(self.row_type), use_deprecated_int96_timestamps=True)
        return ArrowBulkWriter(
            self.row_type, self.is_utc, self.settings.group_size, out, writer.write_table, writer.close
        )


def check_row_type(row_type: Any) -> RowType:
    if not isinstance(row_type, RowType):
        raise TypeError(f"a row type is needed, DataTypes.ROW([DataTypes.FIELD(…), …]), not {row_type!r}")
    return row_type
