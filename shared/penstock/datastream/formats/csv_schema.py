"""CsvSchema: the columns of a CSV file, and what it looks like."""

from dataclasses import dataclass, replace
from typing import Any

from penstock.datastream.formats.csv_dialect import CsvDialect
from penstock.table.types import AtomicType, DataType, DataTypes, DecimalType, RowType

_NUMBERS = ("TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE")


@dataclass(frozen=True, slots=True)
class CsvColumn:
    """`kind` as the schema's text has it. `separator`: of the elements of an ARRAY."""

    name: str
    kind: str
    data_type: DataType
    separator: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class CsvSchema:
    columns: tuple[CsvColumn, ...]
    dialect: CsvDialect
    line_separator: str = "\n"
    null_value: str | None = None
    use_header: bool = False
    skip_first_data_row: bool = False
    strict_headers: bool = False
    any_property_name: str | None = None

    @staticmethod
    def builder() -> "CsvSchemaBuilder":
        return CsvSchemaBuilder()

    @property
    def row_type(self) -> RowType:
        return DataTypes.ROW([DataTypes.FIELD(c.name, c.data_type) for c in self.columns])

    def size(self) -> int:
        return len(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __str__(self) -> str:
        columns = ",".join(f'"{c.name}"/{c.kind}' for c in self.columns)
        extra = "N/A" if self.any_property_name is None else f"as '{self.any_property_name}'"
        flags = [
            ("header", self.use_header),
            ("skipFirst", self.skip_first_data_row),
            ("comments", self.dialect.comments),
        ]
        shown = ", ".join(f"{name}? {str(flag).lower()}" for name, flag in flags)
        return f"[CsvSchema: columns=[{columns}], {shown}, any-properties? {extra}]"

    def __repr__(self) -> str:
        return str(self)


class CsvSchemaBuilder:
    """Columns in their order; ValueError where two have the same name."""

    def __init__(self) -> None:
        self._columns: list[CsvColumn] = []
        self._dialect = CsvDialect()
        self._array_separator: str | None = None
        self._settings: dict[str, Any] = {}

    def _add(self, column: CsvColumn) -> "CsvSchemaBuilder":
        if any(c.name == column.name for c in self._columns):
            raise ValueError(f"there is a column {column.name!r} already")
        self._columns.append(column)
        return self

    def add_number_column(self, name: str, number_type: DataType | None = None) -> "CsvSchemaBuilder":
        """BIGINT, where no type is given; DECIMAL, an integer or a floating type, or STRING for the text of it."""
        data_type = DataTypes.BIGINT() if number_type is None else number_type
        kinds = (*_NUMBERS, "STRING")
        if not isinstance(data_type, DecimalType) and not (
            isinstance(data_type, AtomicType) and data_type.kind in kinds
        ):
            raise TypeError(f"column {name!r}: {data_type!r} is no type of numbers")
        return self._add(CsvColumn(name, "NUMBER", data_type))

    def add_string_column(self, name: str) -> "CsvSchemaBuilder":
        return self._add(CsvColumn(name, "STRING", DataTypes.STRING()))

    def add_boolean_column(self, name: str) -> "CsvSchemaBuilder":
        """True is `true`, whatever the case; all else is False."""
        return self._add(CsvColumn(name, "BOOLEAN", DataTypes.BOOLEAN()))

    def add_array_column(
        self, name: str, separator: str = ";", element_type: DataType | None = None
    ) -> "CsvSchemaBuilder":
        """Elements of STRING, where no type is given, with the separator between them."""
        element = DataTypes.STRING() if element_type is None else element_type
        if not isinstance(element, (AtomicType, DecimalType)):
            raise TypeError(f"column {name!r}: arrays of {element!r} cannot be in a CSV file")
        if not separator:
            raise ValueError(f"column {name!r} needs a separator")
        return self._add(CsvColumn(name, "ARRAY", DataTypes.ARRAY(element), separator))

    def add_columns_from(self, schema: CsvSchema) -> "CsvSchemaBuilder":
        for column in schema.columns:
            self._add(column)
        return self

    def clear_columns(self) -> "CsvSchemaBuilder":
        self._columns = []
        return self

    def set_allow_comments(self, allow: bool = True) -> "CsvSchemaBuilder":
        """Lines that begin with `#`, and blank ones, are no records."""
        self._dialect = replace(self._dialect, comments=allow)
        return self

    def set_any_property_name(self, name: str) -> "CsvSchemaBuilder":
        """Records may have more fields than there are columns; these are dropped."""
        return self._set("any_property_name", name)

    def set_array_element_separator(self, separator: str) -> "CsvSchemaBuilder":
        """Kept as PyFlink keeps it: `add_array_column` gives each column its own separator."""
        self._array_separator = separator
        return self

    def disable_array_element_separator(self) -> "CsvSchemaBuilder":
        self._array_separator = None
        return self

    def remove_array_element_separator(self, index: int) -> "CsvSchemaBuilder":
        """The whole text is the one element of that column's arrays. IndexError where it is none."""
        self._columns[index] = replace(self._columns[index], separator="")
        return self

    def set_column_separator(self, char: str) -> "CsvSchemaBuilder":
        self._dialect = replace(self._dialect, separator=one_character("column separator", char))
        return self

    def set_quote_char(self, char: str) -> "CsvSchemaBuilder":
        self._dialect = replace(self._dialect, quote=one_character("quote character", char))
        return self

    def disable_quote_char(self) -> "CsvSchemaBuilder":
        self._dialect = replace(self._dialect, quote=None)
        return self

    def set_escape_char(self, char: str) -> "CsvSchemaBuilder":
        self._dialect = replace(self._dialect, escape=one_character("escape character", char))
        return self

    def disable_escape_char(self) -> "CsvSchemaBuilder":
        self._dialect = replace(self._dialect, escape=None)
        return self

    def set_line_separator(self, separator: str) -> "CsvSchemaBuilder":
        r"""For writing. `\n`, `\r` and `\r\n` are all read."""
        return self._set("line_separator", separator)

    def set_null_value(self, null_value: str) -> "CsvSchemaBuilder":
        """The text that stands for None. Without it None is written as nothing, and nothing is read as empty text."""
        return self._set("null_value", null_value)

    def set_use_header(self, use: bool = True) -> "CsvSchemaBuilder":
        """The first line has the names: skipped when reading, written when writing."""
        return self._set("use_header", use)

    def set_strict_headers(self, strict: bool = True) -> "CsvSchemaBuilder":
        """The names in the header have to be those of the schema."""
        return self._set("strict_headers", strict)

    def set_skip_first_data_row(self, skip: bool = True) -> "CsvSchemaBuilder":
        return self._set("skip_first_data_row", skip)

    def _set(self, name: str, value: Any) -> "CsvSchemaBuilder":
        self._settings[name] = value
        return self

    def size(self) -> int:
        return len(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def build(self) -> CsvSchema:
        return CsvSchema(tuple(self._columns), self._dialect, **self._settings)


def one_character(what: str, text: str) -> str:
    """ValueError for anything else."""
    if not isinstance(text, str) or len(text) != 1 or text in "\r\n":
        raise ValueError(f"the {what} must be one character, not {text!r}")
    return text
