"""DataGeneratorSource: records made from their numbers. Source: Flink's `DataGeneratorSource`."""

from collections.abc import Callable, Sequence
from typing import Any

from penstock.common.typeinfo import TypeInformation, Types
from penstock.datastream.connectors.number_seq import NumberSequenceReader, NumberSequenceSource
from penstock.datastream.connectors.rate_limiter import RateLimiter, RateLimiterStrategy
from penstock.operators.source_interface import ReaderContext

__all__ = ["DataGeneratorSource", "GeneratorFunction", "RateLimiterStrategy"]

_MOST = (1 << 63) - 1


class GeneratorFunction:
    """Number to record. A checkpoint keeps the next number: what the function remembers beside it is lost."""

    def open(self, context: ReaderContext) -> None:
        """Before the first record, in the slot."""

    def map(self, value: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no map")

    def close(self) -> None:
        """Always, also after a failure."""


class DataGeneratorSource:
    """The records of the numbers from 0 to `count` - 1, a range of them a subtask; `count` 2**63 - 1 as good as never
    ends. `generator_function`: a callable or a `GeneratorFunction`. ValueError for a count below 0 or too large.
    """

    deterministic = True

    def __init__(
        self,
        generator_function: GeneratorFunction | Callable[[int], Any],
        count: int = _MOST,
        rate_limiter_strategy: RateLimiterStrategy | None = None,
        type_info: TypeInformation | None = None,
    ) -> None:
        if not isinstance(generator_function, GeneratorFunction) and not callable(generator_function):
            raise TypeError(f"a function of a number is needed, not {generator_function!r}")
        if not 0 <= count <= _MOST:
            raise ValueError(f"count must be between 0 and {_MOST}: {count}")
        self.bounded = True
        self._function = generator_function
        self._count = count
        self._strategy = rate_limiter_strategy or RateLimiterStrategy.no_op()
        self._type_info = type_info

    def depends_on(self) -> tuple[Any, ...]:
        return (self._function,)

    def get_produced_type(self) -> TypeInformation:
        return self._type_info or Types.PICKLED_BYTE_ARRAY()

    def enumerate_splits(self, parallelism: int) -> list[range]:
        return NumberSequenceSource(0, self._count - 1).enumerate_splits(parallelism) if self._count else []

    def create_reader(self, context: ReaderContext) -> "DataGeneratorReader":
        return DataGeneratorReader(self._function, self._strategy.create_rate_limiter(context.parallelism), context)


class DataGeneratorReader:
    """A split is the range of the numbers still to come."""

    def __init__(
        self, function: GeneratorFunction | Callable[[int], Any], limiter: RateLimiter, context: ReaderContext
    ) -> None:
        self._limiter = limiter
        self._numbers = NumberSequenceReader()
        self._opened = function if isinstance(function, GeneratorFunction) else None
        self._map = function.map if isinstance(function, GeneratorFunction) else function
        if self._opened is not None:
            self._opened.open(context)

    def add_splits(self, splits: Sequence[range]) -> None:
        self._numbers.add_splits(splits)

    def poll(self, max_records: int) -> list[Any] | None:
        if not self._numbers.has_more:
            return None
        allowed = self._limiter.take(max_records)
        if not allowed:
            return []
        numbers = self._numbers.poll(allowed) or []
        return [self._map(number) for number in numbers]

    def snapshot(self) -> list[range]:
        return self._numbers.snapshot()

    def notify_complete(self, checkpoint: int) -> None:
        self._limiter.notify_complete(checkpoint)

    def close(self) -> None:
        self._numbers.close()
        if self._opened is not None:
            self._opened.close()
