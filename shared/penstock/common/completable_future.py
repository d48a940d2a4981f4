"""CompletableFuture. Source: `pyflink.common.completable_future`."""

from concurrent.futures import CancelledError, Future
from typing import Generic, TypeVar

__all__ = ["CompletableFuture"]

T = TypeVar("T")


class CompletableFuture(Generic[T]):
    """A result that may still be under way."""

    def __init__(self, future: "Future[T]") -> None:
        self._future = future

    @staticmethod
    def completed(value: T) -> "CompletableFuture[T]":
        """One that has its result already."""
        future: Future[T] = Future()
        future.set_result(value)
        return CompletableFuture(future)

    def cancel(self) -> bool:
        """Give up waiting for it; False where it is done or cannot be given up."""
        return self._future.cancel()

    def cancelled(self) -> bool:
        return self._future.cancelled()

    def done(self) -> bool:
        return self._future.done()

    def result(self) -> T:
        """Wait for the result and return it; raises what the computation raised."""
        return self._future.result()

    def exception(self) -> BaseException | None:
        """Wait, and return what the computation raised, None where it did not raise."""
        try:
            return self._future.exception()
        except CancelledError as e:
            return e

    def __str__(self) -> str:
        return f"CompletableFuture({self._future})"
