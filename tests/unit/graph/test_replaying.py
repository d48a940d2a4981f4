"""Which vertices may be restarted alone."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from penstock.common import Duration, Time, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import (
    MapFunction,
    ProcessFunction,
    StreamExecutionEnvironment,
    deterministic,
)
from penstock.datastream.connectors.datagen import DataGeneratorSource
from penstock.datastream.window import (
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    GlobalWindows,
    PurgingTrigger,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from penstock.graph.job_graph import JobGraph, OperatorNode
from penstock.graph.job_graph_generator import compile_job
from penstock.graph.replaying import why_not_replayable
from penstock.operators.determinism import declared


@deterministic
def length(text: str) -> tuple[str, int]:
    return text, len(text)


@deterministic
class Declared(MapFunction):
    def map(self, value: Any) -> Any:
        return value


class Passes(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value


class Denied(MapFunction):
    deterministic = False

    def map(self, value: Any) -> Any:
        return value


class Stamps(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return 0


class Hasty(CountTumblingWindowAssigner[Any]):
    """Inherits from one that says it is deterministic, and may be anything."""


class Fires(Trigger[Any, Any]):
    def on_element(self, element: Any, timestamp: int, window: Any, ctx: Any) -> TriggerResult:
        return TriggerResult.FIRE

    def on_processing_time(self, time: int, window: Any, ctx: Any) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: Any, ctx: Any) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_merge(self, window: Any, ctx: Any) -> None: ...

    def clear(self, window: Any, ctx: Any) -> None: ...


pytestmark = pytest.mark.filterwarnings("ignore::penstock.graph.watermark_check.NoWatermarksWarning")

BOUNDED = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(5))
Build = Callable[[Any], Any]


def graph_of(build: Build, *, source: Any = None) -> JobGraph:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    if source is None:
        stream = env.from_collection([("a", 1)], type_info=Types.TUPLE([Types.STRING(), Types.INT()]))
    else:
        stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "made")
    built = build(stream)
    built.print()
    return compile_job(env._stream_graph("test"), job_id="0" * 32, configuration={}).graph


def why(build: Build, *, declare_all: bool = False, source: Any = None) -> list[str | None]:
    """Of every vertex that feeds others."""
    graph = graph_of(lambda stream: build(stream).rebalance(), source=source)
    return [
        why_not_replayable(graph, v.id, functions_declared=declare_all) for v in graph.vertices if graph.outputs(v.id)
    ]


def keyed(stream: Any) -> Any:
    return stream.key_by(lambda value: value[0])


@pytest.mark.parametrize(
    "build",
    [
        lambda s: s,
        lambda s: s.project(0),
        lambda s: s.map(length).filter(deterministic(lambda value: True)),
        lambda s: s.map(Declared()),
        lambda s: keyed(s).sum(1),
        lambda s: keyed(s).max_by(1).map(deterministic(functools.partial(length))),
        lambda s: keyed(s).window(TumblingEventTimeWindows.of(Time.seconds(1))).reduce(deterministic(lambda a, b: a)),
        lambda s: keyed(s).window(EventTimeSessionWindows.with_gap(Time.seconds(1))).reduce(deterministic(max)),
        lambda s: keyed(s).count_window(3).reduce(deterministic(max)),
        lambda s: s.union(s.filter(deterministic(bool))).shuffle().map(length),
        lambda s: s.assign_timestamps_and_watermarks(BOUNDED),
    ],
)  # fmt: skip
def test_what_is_built_in_or_declared_can_be_replayed(build: Build) -> None:
    assert set(why(build)) == {None}


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda s: s.map(lambda value: value), "<lambda>"),
        (lambda s: s.map(functools.partial(pow, 2)), "pow"),
        (lambda s: s.process(Passes()), "Passes"),
        (lambda s: keyed(s).reduce(lambda a, b: a), "<lambda>"),
        (lambda s: keyed(s).window(Hasty(3)).reduce(deterministic(max)), "Hasty"),
        (lambda s: keyed(s).window(GlobalWindows.create()).trigger(PurgingTrigger.of(Fires())).reduce(length), "Fires"),
        (lambda s: s.partition_custom(lambda key, n: 0, lambda value: value[0]).map(length), "<lambda>"),
        (lambda s: s.assign_timestamps_and_watermarks(
            WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Stamps())), "Stamps"),
    ],
)  # fmt: skip
def test_functions_that_say_nothing_count_only_where_the_job_declares_all(build: Build, reason: str) -> None:
    told = [text for text in why(build) if text is not None]
    assert len(told) == 1 and told[0].startswith("not declared deterministic: ") and reason in told[0]
    assert set(why(build, declare_all=True)) == {None}


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda s: s.map(Denied()), "Denied is not deterministic"),
        (lambda s: keyed(s).window(TumblingProcessingTimeWindows.of(Time.seconds(1))).reduce(length),
         "TumblingProcessingTimeWindows is not deterministic"),
    ],
)  # fmt: skip
def test_what_is_ruled_out_stays_so(build: Build, reason: str) -> None:
    assert next(text for text in why(build, declare_all=True) if text is not None).endswith(reason)


def test_a_vertex_that_emits_nothing_may_do_as_it_likes() -> None:
    graph = graph_of(lambda stream: stream.rebalance().map(Denied()))
    assert [why_not_replayable(graph, v.id) for v in graph.vertices] == [None, None]


def test_a_generator_is_as_deterministic_as_its_function() -> None:
    assert why(lambda s: s, source=DataGeneratorSource(deterministic(lambda n: n), 10)) == [None]
    (told,) = why(lambda s: s, source=DataGeneratorSource(lambda n: n, 10))
    assert told is not None and "<lambda>" in told


class OfAnother(Declared):
    """The user's own base says it."""


def test_declarations() -> None:
    assert declared(length) is True
    assert declared(OfAnother()) is True
    assert declared(deterministic(str.upper)) is True
    assert declared(functools.partial(length)) is True
    assert declared(len) is None
    assert declared(Hasty(3)) is None
    assert declared(Denied()) is False


def test_a_graph_of_an_older_client_says_nothing() -> None:
    graph = graph_of(lambda stream: stream.rebalance())
    source = graph.vertices[0]
    silent = tuple(OperatorNode(id=o.id, name=o.name, spec=o.spec) for o in source.operators)
    older = replace(graph, vertices=(replace(source, operators=silent), *graph.vertices[1:]))
    assert why_not_replayable(older, older.vertices[0].id) is not None
