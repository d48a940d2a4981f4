"""What an operator has whose results come later than its records."""

from collections.abc import Callable

from penstock.operators.operator import Operator


class AsynchronousOperator(Operator):
    """The task calls `drain` in its own thread; `wake`, from any thread, asks it to do so soon."""

    def __init__(self, index: int, name: str) -> None:
        super().__init__(index, name)
        self.wake: Callable[[], None] = _nobody

    @property
    def is_pending(self) -> bool:
        """Records are in whose results are not out, or watermarks behind them."""
        raise NotImplementedError

    @property
    def blocked(self) -> bool:
        """There is no capacity for more records just now."""
        raise NotImplementedError

    def drain(self) -> bool:
        """Let what has come go on. False: nothing has. Raises what a record's call raised."""
        raise NotImplementedError


def _nobody() -> None:
    pass
