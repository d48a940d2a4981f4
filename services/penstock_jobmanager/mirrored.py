"""What checkpoint storage says of a job: compared with the rows, to notice a Redis that came back older."""

from dataclasses import dataclass

from penstock.checkpoint.mirror import PointerMirror
from penstock.checkpoint.terminal import TerminalMirror


@dataclass(frozen=True, slots=True)
class Mirrored:
    """None: not mirrored."""

    pointer: PointerMirror | None = None
    terminal: TerminalMirror | None = None
