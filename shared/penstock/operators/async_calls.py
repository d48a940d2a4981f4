"""Calls of an AsyncFunction: a thread with an event loop, timeouts, retries. Completions come back through a deque."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from penstock.operators.async_queue import Entry

#: an entry, with its results or what was raised instead
Completion = tuple[Entry, list[Any] | None, BaseException | None]


class AsyncCalls:
    """`wake` is called in the loop's thread when there is a completion to take. `timeout` in ms, <= 0: none."""

    def __init__(self, function: Any, timeout: int, strategy: Any, wake: Callable[[], None]) -> None:
        self._function, self._timeout, self._strategy, self._wake = function, timeout, strategy, wake
        predicate = strategy.get_retry_predicate()
        self._result_predicate = predicate.result_predicate()
        self._exception_predicate = predicate.exception_predicate()
        self._completions: deque[Completion] = deque()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = False
        self._under_way: dict[Entry, asyncio.TimerHandle | None] = {}
        self._thread = threading.Thread(target=self._run, name="async-function", daemon=True)
        self._thread.start()

    def start(self, entries: Iterable[Entry]) -> None:
        """Call the function for each of these."""
        self._loop.call_soon_threadsafe(self._start, list(entries))

    def take(self) -> list[Completion]:
        """What has completed since the last call."""
        taken = []
        # first: what comes from here on asks for another look
        self._woken = False
        while self._completions:
            taken.append(self._completions.popleft())
        return taken

    def close(self) -> None:
        """Cancel what is under way and end the thread. RuntimeError where a call does not let the thread end."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        if self._thread.is_alive():
            raise RuntimeError(
                f"{type(self._function).__name__}.async_invoke() blocks its event loop and cannot be ended"
            )

    # -- in the loop's thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            for task in self._tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def _start(self, entries: list[Entry]) -> None:
        for entry in entries:
            handle = None
            if self._timeout > 0:
                handle = self._loop.call_later(self._timeout / 1000, self._timed_out, entry)
            self._under_way[entry] = handle
            self._spawn(self._call(entry))

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, entry: Entry) -> None:
        results: Any = None
        error: Exception | SystemExit | None = None
        try:
            results = await self._function.async_invoke(entry.value)
        except (Exception, SystemExit) as e:  # sys.exit() in a function ends its job, not the thread
            error = e
        # a result that comes after the timeout is nobody's
        if entry in self._under_way:
            try:
                retries = self._retries(entry, results, error)
                if retries:
                    delay = self._strategy.get_backoff_time_millis(entry.attempts) / 1000
            except Exception as e:
                self._complete(entry, None, e)
                return
            if retries:
                entry.attempts += 1
                self._loop.call_later(delay, self._again, entry)
            else:
                self._complete(entry, results, error)

    def _again(self, entry: Entry) -> None:
        if entry in self._under_way:
            self._spawn(self._call(entry))

    def _retries(self, entry: Entry, results: Any, error: BaseException | None) -> bool:
        predicate = self._result_predicate if error is None else self._exception_predicate
        wanted = predicate is not None and predicate(results if error is None else error)
        return bool(wanted) and bool(self._strategy.can_retry(entry.attempts))

    def _timed_out(self, entry: Entry) -> None:
        try:
            self._complete(entry, self._function.timeout(entry.value), None)
        except (Exception, SystemExit) as e:
            self._complete(entry, None, e)

    def _complete(self, entry: Entry, results: Any, error: BaseException | None) -> None:
        handle = self._under_way.pop(entry)
        if handle is not None:
            handle.cancel()
        if error is None:
            try:
                results = list(results)
            except TypeError:
                error = TypeError(
                    f"async_invoke() and timeout() of {type(self._function).__name__} have to return a list of "
                    f"results, not {results!r}"
                )
        self._completions.append((entry, results, error))
        if not self._woken:
            self._woken = True
            self._wake()
