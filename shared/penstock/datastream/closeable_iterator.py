"""The records of `execute_and_collect`. Source: `pyflink.datastream.data_stream.CloseableIterator`."""

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.client.job_client import JobClient


class CloseableIterator:
    """Iterates over a running job's records. Closing it before their end cancels the job, as in Flink."""

    def __init__(self, client: "JobClient", collect_id: str) -> None:
        self._client = client
        self._records: Iterator[Any] = client.collect(collect_id)
        self._is_open = True

    def __iter__(self) -> "CloseableIterator":
        return self

    def __next__(self) -> Any:
        if not self._is_open:
            raise StopIteration
        try:
            return next(self._records)
        except BaseException as e:
            # its end, or the job's failure: there is nothing left to cancel. Ctrl-C may come again.
            self._is_open = isinstance(e, KeyboardInterrupt)
            raise

    def next(self) -> Any:
        return self.__next__()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._client.cancel()
            close = getattr(self._records, "close", None)
            if close is not None:
                close()

    def __enter__(self) -> "CloseableIterator":
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
