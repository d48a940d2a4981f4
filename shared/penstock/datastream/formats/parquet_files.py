"""Parquet files by way of pyarrow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from penstock.common.configuration import Configuration
from penstock.datastream.connectors.file_system.file_format import RecordReadError
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit
from penstock.datastream.formats.arrow_writing import OpenFile
from penstock.datastream.formats.extras import arrow
from penstock.datastream.formats.file_properties import bytes_of, properties_of

#: Parquet's own default would hold 128 MiB for every open bucket
_GROUP_SIZE = 32 * 1024 * 1024
_COMPRESSIONS = {"UNCOMPRESSED": "NONE", "NONE": "NONE", "SNAPPY": "SNAPPY", "GZIP": "GZIP", "ZSTD": "ZSTD"} | {
    "LZ4": "LZ4",
    "LZ4_RAW": "LZ4",
    "BROTLI": "BROTLI",
}


@dataclass(frozen=True, slots=True)
class ParquetSettings:
    """`group_size`: bytes of a row group, before they are encoded."""

    compression: str = "SNAPPY"
    group_size: int = _GROUP_SIZE

    def writer(self, file: OpenFile, schema: Any, **named: Any) -> Any:
        """A `pyarrow.parquet.ParquetWriter`."""
        return arrow("parquet").ParquetWriter(file, schema, compression=self.compression, **named)


def parquet_settings(configuration: Configuration | None) -> ParquetSettings:
    """ValueError for a compression there is none of."""
    properties = properties_of(configuration)
    compression = properties.get("parquet.compression", "SNAPPY").upper()
    if compression not in _COMPRESSIONS:
        raise ValueError(f"parquet.compression: {compression!r} is none of {', '.join(sorted(_COMPRESSIONS))}")
    return ParquetSettings(_COMPRESSIONS[compression], bytes_of(properties, "parquet.block.size", _GROUP_SIZE))


def open_parquet(path: str) -> Any:
    """A `pyarrow.parquet.ParquetFile`. RecordReadError for what is none."""
    try:
        return arrow("parquet").ParquetFile(path, coerce_int96_timestamp_unit="us")
    except FileNotFoundError:
        raise
    except (arrow().ArrowException, OSError) as e:
        raise RecordReadError(f"{path} is no Parquet file: {e}") from None


def parquet_groups(file: Any, split: FileSourceSplit) -> Iterator[tuple[int, int]]:
    """(number, where it begins) of the row groups that begin within the split."""
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        begin = min(_begin_of(group.column(n)) for n in range(group.num_columns))
        if split.start <= begin < split.end:
            yield number, begin


def _begin_of(column: Any) -> int:
    offsets = [column.data_page_offset]
    if column.has_dictionary_page and column.dictionary_page_offset is not None:
        offsets.append(column.dictionary_page_offset)
    return int(min(offsets))
