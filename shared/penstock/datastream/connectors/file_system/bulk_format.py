"""BulkFormat: files that are read a block of records at a time."""

from penstock.datastream.connectors.file_system.file_format import FileFormat


class BulkFormat(FileFormat):
    """Such as `ParquetColumnarRowInputFormat`. Subclasses read formats of their own."""
