import sys
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from penstock.client.job_client import JobExecutionError
from penstock.common.time import Duration
from penstock.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from penstock.datastream.functions import KeyedProcessFunction, MapFunction, RuntimeContext
from penstock.datastream.output_tag import OutputTag
from penstock.graph.states import JobState
from penstock.operators.specs import (
    CollectSpec,
    FilterSpec,
    FlatMapSpec,
    KeyedProcessSpec,
    MapSpec,
    PrintSpec,
    ProcessSpec,
    ReaderContext,
    ReduceSpec,
    SourceSpec,
)
from penstock.runtime.local import LocalExecutor, LocalJobClient
from tests.job_builder import JobBuilder, collect_of, source_of

LINES = ["to be or not to be", "that is the question", "to be"]


def add(a: Any, b: Any) -> Any:
    return (a[0], a[1] + b[1])


def word_count(parallelism: int = 1, job_type: Any = "STREAMING", final_only: bool = False) -> LocalJobClient:
    job = JobBuilder(job_type)
    tokens = job.vertex(source_of(LINES), FlatMapSpec(str.split), MapSpec(lambda w: (w, 1)), parallelism=parallelism)
    counts = job.vertex(ReduceSpec(add, final_only), parallelism=parallelism)
    out = job.vertex(CollectSpec("c"))
    job.key_by(tokens, counts, lambda t: t[0])
    job.edge(counts, out, "FORWARD" if parallelism == 1 else "REBALANCE")
    return LocalExecutor().execute(job.build())


@pytest.mark.parametrize("parallelism", [1, 3])
def test_word_count(parallelism: int) -> None:
    client = word_count(parallelism)
    assert client.status() is JobState.CREATED
    updates = list(client.collect("c"))
    assert len(updates) == 12
    largest: dict[str, int] = {}
    for word, n in updates:
        assert n == largest.get(word, 0) + 1
        largest[word] = n
    assert largest == {"to": 3, "be": 3, "or": 1, "not": 1, "that": 1, "is": 1, "the": 1, "question": 1}
    assert client.result().job_id == client.job_id
    assert client.status() is JobState.FINISHED


def test_batch_mode_emits_final_values_only() -> None:
    assert list(word_count(1, "BATCH", True).collect("c")) == sorted(
        [("to", 3), ("be", 3), ("or", 1), ("not", 1), ("that", 1), ("is", 1), ("the", 1), ("question", 1)]
    )


def test_it_runs_in_the_thread_that_waits() -> None:
    threads = list(
        LocalExecutor().execute(collect_of(MapSpec(lambda _: threading.get_ident()), values=[1])).collect("c")
    )
    assert threads == [threading.get_ident()]


def test_started_it_runs_in_a_thread_of_its_own() -> None:
    client = LocalExecutor().execute(collect_of(MapSpec(lambda _: threading.get_ident()), values=[1]))
    client.start()
    client.result()
    assert list(client.collect("c")) != [threading.get_ident()]


class Poisoned(MapFunction):
    def map(self, value: Any) -> Any:
        return self.divide(value)

    def divide(self, value: Any) -> Any:
        return 6 // value


def test_a_failure_starts_with_the_users_frames_and_names_operator_and_task() -> None:
    client = LocalExecutor().execute(collect_of(FilterSpec(lambda v: True), MapSpec(Poisoned()), values=[3, 0, 1]))
    records = client.collect("c")
    with pytest.raises(JobExecutionError) as caught:
        for _ in records:
            pass
    lines = caught.value.traceback.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert __file__ in lines[1] and ", in map" in lines[1]
    where = "Raised in operator 'Map' of task 'Source -> Filter -> Map -> Collect (1/1)#0':"
    users, _, ours = caught.value.traceback.partition(where)
    assert "ZeroDivisionError" in users and "return 6 // value" in users and "penstock/operators" not in users
    assert "Poisoned_2(v" in ours
    assert isinstance(caught.value.__context__, ZeroDivisionError)
    assert client.status() is JobState.FAILED
    with pytest.raises(JobExecutionError):
        client.result()


def test_what_came_before_a_failure_arrives() -> None:
    client = LocalExecutor().execute(collect_of(MapSpec(lambda v: 6 // v), values=[3, 2, 0]))
    records = client.collect("c")
    assert [next(records), next(records)] == [2, 3]
    with pytest.raises(JobExecutionError, match="ZeroDivisionError"):
        next(records)


def test_sys_exit_in_a_function_fails_the_job_and_not_the_program() -> None:
    client = LocalExecutor().execute(collect_of(MapSpec(lambda v: sys.exit(3)), values=[1]))
    with pytest.raises(JobExecutionError, match="SystemExit: 3"):
        client.result()


class FailsToOpen(MapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        raise OSError("no model")

    def map(self, value: Any) -> Any:
        return value


class MissingFile:
    bounded = True

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        raise FileNotFoundError("no such file: words.txt")

    def create_reader(self, context: ReaderContext) -> Any:
        raise AssertionError("there are no splits")


def test_errors_at_the_start_are_failures_of_the_job() -> None:
    with pytest.raises(JobExecutionError, match="OSError: no model"):
        LocalExecutor().execute(collect_of(MapSpec(FailsToOpen()), values=[1])).result()
    job = JobBuilder()
    job.vertex(SourceSpec(MissingFile()), CollectSpec("c"))
    with pytest.raises(JobExecutionError, match=r"no such file: words\.txt"):
        LocalExecutor().execute(job.build()).result()


def test_a_function_that_cannot_be_unpickled_is_named() -> None:
    compiled = collect_of(MapSpec(str), values=[1])
    digest = compiled.graph.vertices[0].operators[1].spec
    compiled.blobs[digest] = b"cnot_a_module\nf\n."
    with pytest.raises(JobExecutionError, match="operator 'Map' cannot be unpickled: ModuleNotFoundError"):
        LocalExecutor().execute(compiled).result()


def test_functions_take_a_round_trip_per_subtask() -> None:
    class Counting:
        seen: int = 0

        def map(self, value: Any) -> Any:
            self.seen += 1
            return self.seen

    mine = Counting()
    job = JobBuilder()
    source = job.vertex(source_of(range(8)), MapSpec(mine), parallelism=2)
    out = job.vertex(CollectSpec("c"))
    job.edge(source, out, "GLOBAL")
    counts = sorted(LocalExecutor().execute(job.build()).collect("c"))
    assert counts == [1, 1, 2, 2, 3, 3, 4, 4]
    assert mine.seen == 0


class Endless:
    bounded = False

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        return [0] * parallelism

    def create_reader(self, context: ReaderContext) -> "EndlessReader":
        return EndlessReader()


class EndlessReader:
    def __init__(self) -> None:
        self.next = 0

    def add_splits(self, splits: Sequence[Any]) -> None:
        pass

    def poll(self, max_records: int) -> list[Any]:
        self.next += max_records
        return list(range(self.next - max_records, self.next))

    def snapshot(self) -> list[Any]:
        return [self.next]

    def close(self) -> None:
        pass


def endless() -> LocalJobClient:
    job = JobBuilder()
    job.vertex(SourceSpec(Endless()), CollectSpec("c"))
    return LocalExecutor().execute(job.build())


def test_an_endless_job_is_read_lazily_and_cancelled_by_closing() -> None:
    client = endless()
    records: Any = client.collect("c")
    assert [next(records) for _ in range(20_000)] == list(range(20_000))
    assert client.status() is JobState.RUNNING
    records.close()
    assert client.status() is JobState.CANCELED
    with pytest.raises(JobExecutionError, match="CANCELED"):
        client.result()


def test_cancel_from_another_thread_and_timeout() -> None:
    client = endless()
    with pytest.raises(TimeoutError, match=r"still RUNNING after 0\.05 s"):
        client.result(0.05)
    threading.Timer(0.05, client.cancel).start()
    with pytest.raises(JobExecutionError, match="CANCELED"):
        client.result()


def test_a_job_that_nobody_runs_is_cancelled_at_once() -> None:
    client = endless()
    client.cancel()
    assert client.status() is JobState.CANCELED


def test_ctrl_c_leaves_no_job_behind() -> None:
    def interrupt(_: Any) -> Any:
        raise KeyboardInterrupt

    client = LocalExecutor().execute(collect_of(MapSpec(interrupt), values=[1]))
    with pytest.raises(KeyboardInterrupt):
        client.result()
    assert client.status() is JobState.CANCELED


SIDE = OutputTag("side")


def to_both(value: Any, ctx: Any) -> Any:
    yield value
    yield SIDE, -value


def test_side_outputs_over_edges() -> None:
    job = JobBuilder()
    source = job.vertex(source_of([1, 2]), ProcessSpec(to_both))
    main, side = job.vertex(MapSpec(str), CollectSpec("m")), job.vertex(CollectSpec("s"))
    job.edge(source, main)
    job.edge(source, side, tag="side")
    client = LocalExecutor().execute(job.build())
    client.result()
    assert (list(client.collect("m")), list(client.collect("s"))) == (["1", "2"], [-1, -2])


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


class AtTheEnd(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> None:
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 10)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), timestamp


@pytest.mark.parametrize("job_type", ["STREAMING", "BATCH"])
def test_event_time_ends_with_the_input(job_type: Any) -> None:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(1)).with_timestamp_assigner(Itself())
    job = JobBuilder(job_type)
    source = job.vertex(source_of([("a", 5), ("b", 1), ("a", 3)], strategy), parallelism=2)
    timers = job.vertex(KeyedProcessSpec(AtTheEnd()), CollectSpec("c"))
    job.key_by(source, timers, lambda v: v[0])
    assert list(LocalExecutor().execute(job.build()).collect("c")) == [("b", 11), ("a", 13), ("a", 15)]


class Later(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> None:
        service = ctx.timer_service()
        service.register_processing_time_timer(service.current_processing_time() + 20)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), ctx.timer_service().current_processing_time() >= timestamp


class Quiet(Endless):
    """Two records, then nothing."""

    def create_reader(self, context: ReaderContext) -> Any:
        class Reader(EndlessReader):
            def poll(self, max_records: int) -> list[Any]:
                first, self.next = self.next == 0, 1
                return ["x", "y"] if first else []

        return Reader()


def test_processing_time_timers_wake_a_sleeping_loop() -> None:
    job = JobBuilder()
    source = job.vertex(SourceSpec(Quiet()))
    timers = job.vertex(KeyedProcessSpec(Later()), CollectSpec("c"))
    job.key_by(source, timers, lambda v: v)
    records: Any = LocalExecutor().execute(job.build()).collect("c")
    assert [next(records), next(records)] == [("x", True), ("y", True)]
    records.close()


def test_print_of_several_subtasks(capsys: pytest.CaptureFixture[str]) -> None:
    job = JobBuilder()
    job.vertex(source_of(["a", "b"]), PrintSpec("out"), parallelism=2)
    LocalExecutor().execute(job.build()).result()
    assert sorted(capsys.readouterr().out.splitlines()) == ["out:1> a", "out:2> b"]
