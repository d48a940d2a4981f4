"""The source of a fused chain while it is being written: lines, names bound to objects, nesting, epilogues.

CPython refuses more than 20 nested blocks and 100 levels of indentation, so what lies deeper than `MAX_BLOCKS` or
`MAX_INDENT` goes into an inner function (`step_n`) that is called a record.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

MAX_BLOCKS = 12
MAX_INDENT = 40


@dataclass(frozen=True, slots=True)
class Rec:
    """The names of the variables that hold the record at this point of the loop."""

    value: str
    timestamp: str | None = None  #: None: this part of the loop has no timestamps
    key: str | None = None

    def with_value(self, value: str) -> "Rec":
        return replace(self, value=value)

    def with_timestamp(self, timestamp: str) -> "Rec":
        return replace(self, timestamp=timestamp)


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and the operator to name when it raises."""

    text: str
    operator: str | None


class ChainCode:
    """Collects one function. Operators write into it record by record of the chain, depth first."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.prologue: list[Line] = []
        self.epilogue: list[Line] = []
        self.steps: list[list[Line]] = []
        self._lines: list[Line] = []
        self._indent = 0
        self._blocks = 0
        self._fresh = 0
        self._operator: str | None = None
        self._done_once: set[str] = set()
        #: the statement that ends the work on the record where nothing follows: `continue`, or `return` in a step
        self._skip = "continue"

    # -- writing -----------------------------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        self._lines.append(Line("    " * self._indent + text, self._operator))

    def fresh(self, stem: str) -> str:
        """A variable name not used yet."""
        self._fresh += 1
        return f"{stem}{self._fresh}"

    def bind(self, name: str, value: Any) -> str:
        """A name for an object; the function gets it as a local variable."""
        while self.names.get(name, value) is not value:
            name += "_"
        self.names[name] = value
        return name

    def once(self, key: str, prologue: list[str], epilogue: list[str]) -> bool:
        """Lines before and after the loop, once a key. False where they are there already."""
        if key in self._done_once:
            return False
        self._done_once.add(key)
        self.prologue += [Line(text, self._operator) for text in prologue]
        self.epilogue += [Line(text, self._operator) for text in epilogue]
        return True

    @contextmanager
    def indented(self, head: str, *, is_block: bool = False, is_loop: bool = False) -> Iterator[None]:
        """A compound statement. `is_block`: it counts for CPython's limit; `is_loop`: so, and `continue` is its own."""
        self.line(head)
        before, skip = len(self._lines), self._skip
        self._indent += 1
        self._blocks += is_block or is_loop
        if is_loop:
            self._skip = "continue"
        yield
        if len(self._lines) == before:
            self.line("pass")
        self._indent -= 1
        self._blocks -= is_block or is_loop
        self._skip = skip

    @contextmanager
    def operator(self, name: str) -> Iterator[None]:
        """What is written inside belongs to this operator."""
        before, self._operator = self._operator, name
        yield
        self._operator = before

    def skip_unless(self, condition: str, tail: bool, then: Callable[[], None]) -> None:
        """`then` only where the condition holds. `tail`: nothing else happens with the record."""
        if tail:
            self.line(f"if not {condition}:")
            self._lines.append(Line("    " * (self._indent + 1) + self._skip, self._operator))
            then()
        else:
            with self.indented(f"if {condition}:"):
                then()

    # -- depth -------------------------------------------------------------------------------------------------------

    @property
    def is_deep(self) -> bool:
        return self._blocks > MAX_BLOCKS or self._indent > MAX_INDENT

    def step(self, rec: Rec, body: Callable[[Rec], None]) -> None:
        """Write `body` as an inner function and call it here."""
        name = self.fresh("step_")
        passed = [n for n in (rec.value, rec.timestamp, rec.key) if n is not None]
        self.line(f"{name}({', '.join(passed)})")
        outer = self._lines, self._indent, self._blocks, self._skip
        self._lines, self._indent, self._blocks, self._skip = [], 0, 0, "return"
        with self.indented(f"def {name}({', '.join(passed)}):"):
            body(rec)
        self.steps.append(self._lines)
        self._lines, self._indent, self._blocks, self._skip = outer

    # -- assembling --------------------------------------------------------------------------------------------------

    def assemble(self, name: str, parameters: list[str]) -> tuple[str, dict[int, str]]:
        """The source of `def name(parameters)`, and line number -> operator."""
        bound = [f"{n}={n}" for n in self.names]
        out = [Line(f"def {name}({', '.join(parameters + bound)}):", None)]
        out += _indent(self.prologue, 1)
        for step in self.steps:
            out += _indent(step, 1)
        if self.epilogue:
            out += [Line("    try:", None), *_indent(self._lines, 2), Line("    finally:", None)]
            out += _indent(self.epilogue, 2)
        else:
            out += _indent(self._lines, 1)
        operators = {n: line.operator for n, line in enumerate(out, 1) if line.operator is not None}
        return "\n".join(line.text for line in out) + "\n", operators


def _indent(lines: list[Line], levels: int) -> list[Line]:
    return [Line("    " * levels + line.text, line.operator) for line in lines]
