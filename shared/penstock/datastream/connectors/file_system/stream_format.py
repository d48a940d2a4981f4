"""StreamFormat: how a file's content becomes records."""

from dataclasses import dataclass

from penstock.common.serialization import check_charset
from penstock.common.typeinfo import TypeInformation, Types


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """Lines of text in a charset (Python's name of it)."""

    charset: str

    @staticmethod
    def text_line_format(charset_name: str = "UTF-8") -> "StreamFormat":
        """A record a line, without its end (\\n, \\r\\n or \\r). ValueError for an unknown charset."""
        return StreamFormat(check_charset(charset_name))

    def get_produced_type(self) -> TypeInformation:
        return Types.STRING()
