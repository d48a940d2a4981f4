"""ORC. Source: `pyflink.datastream.formats.orc`; the reader is that of Flink's Java API."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from penstock.common.configuration import Configuration
from penstock.common.serialization import BulkWriterFactory, RowDataBulkWriterFactory
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.connectors.file_system.bulk_format import BulkFormat
from penstock.datastream.connectors.file_system.file_format import RecordReadError
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit
from penstock.datastream.formats.arrow_reading import ArrowSplit, Group, columns_in_file, rows_of
from penstock.datastream.formats.arrow_writing import ArrowBulkWriter, OpenFile
from penstock.datastream.formats.extras import arrow
from penstock.datastream.formats.file_properties import bytes_of, properties_of
from penstock.datastream.formats.parquet_rows import check_row_type
from penstock.table.conversion import row_type_info
from penstock.table.types import RowType

__all__ = ["OrcBulkWriters", "OrcColumnarRowInputFormat"]

_STRIPE_SIZE = 64 * 1024 * 1024
_COMPRESSIONS = ("NONE", "SNAPPY", "ZLIB", "LZ4", "ZSTD")


class OrcBulkWriters:
    @staticmethod
    def for_row_type(
        row_type: RowType,
        writer_properties: Configuration | None = None,
        hadoop_config: Configuration | None = None,
    ) -> BulkWriterFactory:
        """Rows of the type. Of the settings, `orc.compress` and `orc.stripe.size` (bytes) count."""
        properties = properties_of(hadoop_config) | properties_of(writer_properties)
        compression = properties.get("orc.compress", "ZLIB").upper()
        if compression not in _COMPRESSIONS:
            raise ValueError(f"orc.compress: {compression!r} is none of {', '.join(_COMPRESSIONS)}")
        stripe = bytes_of(properties, "orc.stripe.size", _STRIPE_SIZE)
        return OrcRowWriterFactory(check_row_type(row_type), compression, stripe)


@dataclass(frozen=True, slots=True)
class OrcRowWriterFactory(RowDataBulkWriterFactory):
    row_type: RowType
    compression: str
    stripe_size: int

    def get_row_type(self) -> RowType:
        return self.row_type

    def create(self, file: BinaryIO, type_info: TypeInformation | None) -> ArrowBulkWriter:
        out = OpenFile(file)
        writer = arrow("orc").ORCWriter(out, compression=self.compression, stripe_size=self.stripe_size)
        # the writer makes stripes itself: what it gets need not be large
        return ArrowBulkWriter(self.row_type, True, 1, out, writer.write, writer.close)


class OrcColumnarRowInputFormat(BulkFormat):
    """The columns of `row_type`, as rows, a stripe at a time. Columns that a file lacks are None."""

    def __init__(self, row_type: RowType, batch_size: int = 2048, is_case_sensitive: bool = True) -> None:
        if batch_size < 1:
            raise ValueError(f"the batch size must be positive: {batch_size}")
        self._row_type, self._batch_size = check_row_type(row_type), batch_size
        self._is_case_sensitive = is_case_sensitive

    def get_produced_type(self) -> TypeInformation:
        return row_type_info(self._row_type)

    def open(self, split: FileSourceSplit) -> ArrowSplit:
        try:
            file = arrow("orc").ORCFile(split.path)
        except FileNotFoundError:
            raise
        except (arrow().ArrowException, OSError) as e:
            raise RecordReadError(f"{split.path} is no ORC file: {e}") from None
        columns = columns_in_file(self._row_type, file.schema.names, self._is_case_sensitive)
        # pyarrow does not tell where a stripe begins: its number stands for the place
        groups: list[Group] = [(n, partial(self._batches, file, n, columns)) for n in range(file.nstripes)]
        return ArrowSplit(split, groups, rows_of(self._row_type, True, self._is_case_sensitive, split.path), _nothing)

    def _batches(self, file: Any, stripe: int, columns: list[str]) -> Iterator[Any]:
        batch = file.read_stripe(stripe, columns=columns)
        for begin in range(0, batch.num_rows, self._batch_size):
            yield batch.slice(begin, self._batch_size)


def _nothing() -> None:
    """ORCFile closes with its last reference."""
