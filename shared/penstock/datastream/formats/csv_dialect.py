"""What a CSV file looks like, and its records: fields of text, whether quoted or not."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """Characters: one each; None: there is none."""

    separator: str = ","
    quote: str | None = '"'
    escape: str | None = None
    comments: bool = False

    def is_comment(self, line: str) -> bool:
        """Whether a record cannot begin with the line: where there are comments, blank lines count as such."""
        return self.comments and line.lstrip(" \t\r\n")[:1] in ("", "#")

    def splitter(self) -> "Splitter":
        return Splitter(self)


class Splitter:
    """Splits records into fields. Not shared between threads."""

    def __init__(self, dialect: CsvDialect) -> None:
        self._separator, self._quote, self._escape = dialect.separator, dialect.quote, dialect.escape
        special = [re.escape(c) for c in (dialect.quote, dialect.escape) if c is not None]
        self._in_quotes = re.compile("|".join(special) or "(?!)")
        outside = [re.escape(c) for c in (dialect.separator, dialect.escape) if c is not None]
        self._outside = re.compile("|".join(outside))

    def split(self, line: str, more: Callable[[], str | None]) -> list[str]:
        """The fields of the record that begins with the line (its end included). `more`: the line after it.

        ValueError for what is no CSV.
        """
        if (self._quote is None or self._quote not in line) and (self._escape is None or self._escape not in line):
            return line.rstrip("\r\n").split(self._separator) if line[-1:] in "\r\n" else line.split(self._separator)
        fields: list[str] = []
        at = 0
        while True:
            if self._quote is not None and line.startswith(self._quote, at):
                field, line, at = self._quoted(line, at + 1, more)
            else:
                field, line, at = self._plain(line, at, more)
            fields.append(field)
            if not line.startswith(self._separator, at):
                return fields
            at += 1

    def _plain(self, line: str, at: int, more: Callable[[], str | None]) -> tuple[str, str, int]:
        """(field, the line it ends in, where it ends)."""
        parts = []
        while True:
            found = self._outside.search(line, at)
            if found is None:
                end = len(line.rstrip("\r\n")) if line[-1:] in ("\r", "\n") else len(line)
                parts.append(line[at : max(end, at)])
                return "".join(parts), line, max(end, at)
            parts.append(line[at : found.start()])
            if found[0] == self._separator:
                return "".join(parts), line, found.start()
            character, line, at = self._escaped(line, found.end(), more)
            parts.append(character)

    def _quoted(self, line: str, at: int, more: Callable[[], str | None]) -> tuple[str, str, int]:
        parts = []
        while True:
            found = self._in_quotes.search(line, at)
            if found is None:
                parts.append(line[at:])
                line, at = self._next(more, "a quotation is not closed"), 0
                continue
            parts.append(line[at : found.start()])
            at = found.end()
            if found[0] == self._escape and found[0] != self._quote:
                character, line, at = self._escaped(line, at, more)
                parts.append(character)
            elif self._quote is not None and line.startswith(self._quote, at):
                parts.append(self._quote)
                at += 1
            else:
                rest = line[at:].lstrip(" \t") if self._separator not in " \t" else line[at:]
                at = len(line) - len(rest)
                if rest[:1] not in ("", "\r", "\n", self._separator):
                    raise ValueError(
                        f"unexpected character {rest[0]!r} behind a quoted field: the separator {self._separator!r} "
                        "or the end of the line has to come"
                    )
                return "".join(parts), line, at

    def _escaped(self, line: str, at: int, more: Callable[[], str | None]) -> tuple[str, str, int]:
        if at == len(line):
            line, at = self._next(more, "nothing follows the escape character"), 0
        character = line[at]
        at += 1
        if at == len(line) and character in "\r\n":
            # the line goes on with the next one
            return character, self._next(more, "nothing follows the escaped end of a line"), 0
        return _ESCAPED.get(character, character), line, at

    @staticmethod
    def _next(more: Callable[[], str | None], message: str) -> str:
        line = more()
        if line is None:
            raise ValueError(message)
        return line
