"""Asynchronous operators: order, capacity, watermarks, retries, timeouts, errors. Nothing here depends on how long."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.datastream.async_retry_predicates import empty_result_predicate, exception_type_predicate
from penstock.datastream.async_retry_strategies import NO_RETRY_STRATEGY, ExponentialBackoffDelayRetryStrategy
from penstock.datastream.functions import AsyncFunction, AsyncRetryStrategy
from penstock.exchange.elements import RecordBatch, Watermark, WatermarkStatus
from penstock.operators.async_queue import ElementQueue, Entry, OrderedQueue, UnorderedQueue
from penstock.operators.specs import AsyncWaitSpec, MapSpec
from tests.unit.operators.chains import Built, handed_over

# -- the queues ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [True, False])
@given(steps=st.lists(st.sampled_from(["add", "complete first", "complete last", "control", "take"]), max_size=60))
def test_queues_keep_their_order(ordered: bool, steps: list[str]) -> None:
    queue: ElementQueue = OrderedQueue() if ordered else UnorderedQueue()
    log: list[Any] = []
    pending: list[Entry] = []
    completed: list[Entry] = []
    put: list[Any] = []

    def take() -> None:
        for element in queue.ready():
            if isinstance(element, Entry):
                log.append(element.value)
            else:
                element()

    for n, step in enumerate(steps):
        if step == "add":
            entry = Entry(n, None)
            queue.add(entry)
            pending.append(entry)
            put.append(n)
        elif step == "control":
            queue.control(lambda n=n: log.append(-n - 1))  # type: ignore[misc]
            put.append(-n - 1)
        elif step == "take":
            take()
            done = {e.value for e in completed}
            blocking = next((i for i, p in enumerate(put) if p >= 0 and p not in done), len(put))
            # all before the first record that is not there; unordered: also what may pass it
            assert set(put[:blocking]) <= set(log)
            if ordered:
                assert log == put[:blocking]
        elif pending:
            entry = pending.pop(0 if step == "complete first" else -1)
            entry.results = []
            queue.completed(entry)
            completed.append(entry)
        assert len(queue) == len(put) - len(log)
        assert sorted(e.value for e in queue.entries()) == sorted(p for p in put if p >= 0 and p not in log)
    for entry in pending:
        entry.results = []
        queue.completed(entry)
    take()
    assert sorted(log) == sorted(put) and len(queue) == 0
    # nothing overtakes a control
    sections = [[]] if not put else split(put)
    assert [sorted(s) for s in split(log)] == [sorted(s) for s in sections]


def split(values: list[int]) -> list[list[int]]:
    sections: list[list[int]] = [[]]
    for value in values:
        if value < 0:
            sections.append([])
        else:
            sections[-1].append(value)
    return sections


# -- the operator ----------------------------------------------------------------------------------------------------


class Gated(AsyncFunction[Any, Any]):
    """A call ends when the test says so."""

    def open(self, runtime_context: Any) -> None:
        self.gates: dict[Any, asyncio.Event] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        self.running = 0
        self.most = 0

    async def async_invoke(self, value: Any) -> list[Any]:
        self.loop = asyncio.get_running_loop()
        self.running += 1
        self.most = max(self.most, self.running)
        gate = self.gates.setdefault(value, asyncio.Event())
        await gate.wait()
        self.running -= 1
        return [value, -value]

    def release(self, *values: Any) -> None:
        for value in values:
            until(lambda value=value: value in self.gates)  # type: ignore[misc]
            assert self.loop is not None
            self.loop.call_soon_threadsafe(self.gates[value].set)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.002)


Make = Callable[..., Built]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Built] = []

    def build(
        function: Any,
        *,
        ordered: bool = True,
        capacity: int = 10,
        timeout: int = 0,
        strategy: Any = None,
        restored: Any = None,
    ) -> Built:
        spec = AsyncWaitSpec(function, timeout, capacity, strategy or NO_RETRY_STRATEGY, ordered)
        made.append(Built([MapSpec(lambda v: v), spec, MapSpec(lambda v: v)], restored=restored))
        return made[-1]

    yield build
    for built in made:
        built.chain.close()
    assert [t.name for t in threading.enumerate() if t.name == "async-function"] == []


def drained(built: Built, n: int) -> list[Any]:
    """Values and watermarks in order, as soon as there are n."""

    def look() -> bool:
        built.chain.drain()
        return len(built.out.arrived) >= n

    until(look)
    return [a[1] for a in built.out.arrived]


def test_ordered_results_wait_for_those_before(make: Make) -> None:
    function = Gated()
    built = make(function)
    built.chain.process(RecordBatch([1, 2, 3], [10, 20, 30]))
    built.chain.process_watermark(25)
    function.release(3, 2)
    assert built.chain.finish() is False
    function.release(1)
    assert drained(built, 7) == [1, -1, 2, -2, 3, -3, Watermark(25)]
    assert [a[2] for a in built.out.arrived[:6]] == [10, 10, 20, 20, 30, 30]
    assert built.chain.finish() is True


def test_unordered_results_come_as_they_are_but_not_past_a_watermark(make: Make) -> None:
    function = Gated()
    built = make(function, ordered=False)
    built.chain.process(RecordBatch([1, 2]))
    built.chain.process_watermark(5)
    built.chain.process_status(False)
    built.chain.process(RecordBatch([3]))
    function.release(3, 2)
    assert drained(built, 2) == [2, -2]
    function.release(1)
    assert drained(built, 8) == [2, -2, 1, -1, Watermark(5), WatermarkStatus(False), 3, -3]


def test_a_watermark_with_nothing_before_it_goes_on_at_once(make: Make) -> None:
    built = make(Gated())
    built.chain.process_watermark(5)
    assert built.out.controls == [Watermark(5)]


def pending(built: Built) -> list[Any]:
    (snapshot,) = [s for s in built.chain.snapshot(1).values() if s.lists]
    return list(snapshot.lists["_pending"].items)


def test_no_more_than_the_capacity_are_under_way(make: Make) -> None:
    function = Gated()
    built = make(function, capacity=2)
    (operator,) = built.chain.asynchronous
    assert not operator.blocked
    built.chain.process(RecordBatch([1, 2, 3, 4, 5]))
    assert operator.blocked and pending(built) == [(n, None) for n in range(1, 6)]
    for n in (1, 2, 3, 4, 5):
        function.release(n)
        drained(built, 2 * n)
    assert function.most == 2 and not operator.blocked and not operator.is_pending


def test_records_under_way_are_called_for_again_after_a_restore(make: Make) -> None:
    function, again = Gated(), Gated()
    built = make(function)
    built.chain.process(RecordBatch([1, 2], [10, None]))
    built.chain.process_watermark(5)
    assert built.out.controls == []
    restored = make(again, restored=handed_over([built]))
    again.release(1, 2)
    assert drained(restored, 5) == [1, -1, 2, -2, Watermark(5)]
    assert [a[2] for a in restored.out.arrived if len(a) == 4] == [10, 10, None, None]


class Fails(AsyncFunction[Any, Any]):
    def __init__(self, error: Any = None, results: Any = ()) -> None:
        self.error, self.results = error, results
        self.calls = 0

    async def async_invoke(self, value: Any) -> list[Any]:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return self.results


@pytest.mark.parametrize("error", [ValueError("bad"), SystemExit(3)])
def test_an_exception_names_the_record(make: Make, error: BaseException) -> None:
    built = make(Fails(error))
    built.chain.process(RecordBatch(["x"]))
    with pytest.raises(type(error)) as caught:
        drained(built, 1)
    assert caught.value.__notes__ == ["in operator 'AsyncWaitSpec 1', for the record 'x'"]


@pytest.mark.parametrize("results", [None, 5])
def test_a_result_that_is_no_list_is_an_error(make: Make, results: Any) -> None:
    built = make(Fails(results=results))
    built.chain.process(RecordBatch(["x"]))
    with pytest.raises(TypeError, match=rf"of Fails have to return a list of results, not {results}"):
        drained(built, 1)


class Slow(AsyncFunction[Any, Any]):
    async def async_invoke(self, value: Any) -> list[Any]:
        await asyncio.sleep(3600)
        return ["late"]


class Patient(Slow):
    def timeout(self, value: Any) -> list[Any]:
        return [f"{value} timed out"]


def test_timeouts(make: Make) -> None:
    built = make(Patient(), timeout=20)
    built.chain.process(RecordBatch(["x"]))
    assert drained(built, 1) == ["x timed out"]
    built = make(Slow(), timeout=20)
    built.chain.process(RecordBatch(["x"]))
    with pytest.raises(TimeoutError, match="Async function call has timed out for input: x"):
        drained(built, 1)


class Later(AsyncFunction[Any, Any]):
    def __init__(self, raises: bool) -> None:
        self.raises, self.calls = raises, 0

    async def async_invoke(self, value: Any) -> list[Any]:
        self.calls += 1
        if self.calls < 3:
            if self.raises:
                raise KeyError(value)
            return []
        return [self.calls]


def test_retries_by_result_and_by_exception(make: Make) -> None:
    by_result = AsyncRetryStrategy.fixed_delay(2, 1, empty_result_predicate, None)
    by_error = AsyncRetryStrategy.exponential_backoff(
        2, 1, 4, 2.0, None, lambda error: exception_type_predicate(error, KeyError)
    )
    for function, strategy in ((Later(False), by_result), (Later(True), by_error)):
        built = make(function, timeout=60_000, strategy=strategy)
        built.chain.process(RecordBatch(["x"]))
        assert drained(built, 1) == [3]


def test_the_last_attempt_counts_as_it_is(make: Make) -> None:
    once = AsyncRetryStrategy.fixed_delay(1, 1, empty_result_predicate, lambda error: True)
    function = Fails(ValueError("bad"))
    built = make(function, timeout=60_000, strategy=once)
    built.chain.process(RecordBatch(["x"]))
    with pytest.raises(ValueError, match="bad"):
        drained(built, 1)
    assert function.calls == 2


def test_a_predicate_that_raises_fails_the_job(make: Make) -> None:
    strategy = AsyncRetryStrategy.fixed_delay(1, 1, lambda results: 1 // 0 > 0, None)
    built = make(Fails(results=[1]), timeout=60_000, strategy=strategy)
    built.chain.process(RecordBatch(["x"]))
    with pytest.raises(ZeroDivisionError):
        drained(built, 1)


def test_delays_grow_up_to_the_largest() -> None:
    strategy: ExponentialBackoffDelayRetryStrategy[Any] = ExponentialBackoffDelayRetryStrategy(
        5, 10, 50, 2.0, None, None
    )
    assert [strategy.get_backoff_time_millis(n) for n in range(1, 6)] == [10, 20, 40, 50, 50]
    assert [strategy.can_retry(n) for n in (1, 5, 6)] == [True, True, False]
    with pytest.raises(ValueError, match="max_attempts should be greater than zero: 0"):
        AsyncRetryStrategy.fixed_delay(0, 1, None, None)
    assert AsyncRetryStrategy.no_restart() is NO_RETRY_STRATEGY
