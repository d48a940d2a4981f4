"""What the fused loop does for a wire tap, where there is one: it hands over the record as it passes."""

from typing import Any, Protocol

from penstock.operators.chain_code import ChainCode, Rec


class OutputTap(Protocol):
    """Of one output of one operator. `take` keeps no reference, and raises nothing."""

    @property
    def is_open(self) -> bool:
        """Whether it wants records just now."""

    def take(self, value: Any, timestamp: int | None, key: Any) -> None: ...


def write_tap(code: ChainCode, tap: OutputTap, operator: int, rec: Rec) -> None:
    """One line: the tap looks at the record."""
    name = code.bind(f"tap_{operator}", tap)
    code.line(f"{name}.is_open and {name}.take({rec.value}, {rec.timestamp}, {rec.key})")
