"""Random chains, fused, against a naive interpreter: a function call a record and operator."""

import random
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.common.constants import MIN_LONG_VALUE
from penstock.datastream.output_tag import OutputTag
from penstock.exchange.elements import LatencyMarker, RecordBatch
from penstock.operators.specs import FilterSpec, FlatMapSpec, KeyedProcessSpec, MapSpec, ProcessSpec, ReduceSpec
from tests.unit.operators.chains import Built, Writer

SIDE = OutputTag("side")


class PoisonError(Exception):
    pass


def mapped(n: int) -> Any:
    def function(v: int) -> int:
        if v % 97 == 13 + n:
            raise PoisonError(v)
        return v * 3 + n

    return function


def kept(n: int) -> Any:
    return lambda v: v % (n + 2)


def flattened(n: int) -> Any:
    def generated(v: int) -> Any:
        for i in range(v % (n + 2)):
            yield v + i

    def listed(v: int) -> Any:
        return None if v % 3 == 0 else [v, -v][: n + 1]

    return generated if n % 2 else listed


class Processed:
    def __init__(self, n: int) -> None:
        self.n = n

    def process_element(self, v: int, ctx: Any) -> Any:
        timestamp = ctx.timestamp()
        yield v + (0 if timestamp == MIN_LONG_VALUE else timestamp)
        if v % (self.n + 2) == 0:
            yield SIDE, -v
            yield v + 1


class Timed:
    """Counts by key, fires at the record's value and time."""

    def __init__(self, n: int) -> None:
        self.n = n

    def process_element(self, v: int, ctx: Any) -> Any:
        ctx.timer_service().register_event_time_timer(abs(v) % 20)
        return [v + ctx.get_current_key()]

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield timestamp * 1000 + ctx.get_current_key()
        yield SIDE, timestamp


KINDS = ("map", "filter", "flat_map", "process")


@dataclass
class Node:
    kind: str
    n: int
    parent: int  #: -1: the head
    tag: str | None
    taken: bool  #: an edge leaves it


@dataclass
class Naive:
    """Runs the tree by recursion."""

    nodes: list[Node]
    out: dict[tuple[int, str | None], list[Any]] = field(default_factory=dict)
    values: dict[Any, int] = field(default_factory=dict)
    timers: list[tuple[int, int]] = field(default_factory=list)

    def emit(self, at: int, tag: str | None, v: int, t: int | None) -> None:
        consumers = [i for i, node in enumerate(self.nodes) if node.parent == at and node.tag == tag]
        for i in consumers:
            self.run(i, v, t, None)
        if tag is None and self.nodes[at].taken:
            self.out.setdefault((at, tag), []).append((v, t))

    def run(self, at: int, v: int, t: int | None, key: int | None) -> None:
        node = self.nodes[at]
        match node.kind:
            case "map":
                self.emit(at, None, mapped(node.n)(v), t)
            case "filter":
                if kept(node.n)(v):
                    self.emit(at, None, v, t)
            case "flat_map":
                for x in flattened(node.n)(v) or ():
                    self.emit(at, None, x, t)
            case "process":
                self.emit(at, None, v + (t or 0), t)
                if v % (node.n + 2) == 0:
                    self.emit(at, "side", -v, t)
                    self.emit(at, None, v + 1, t)
            case "reduce":
                self.values[key] = self.values[key] + v if key in self.values else v
                self.emit(at, None, self.values[key], t)
            case "timed":
                assert key is not None
                if (abs(v) % 20, key) not in self.timers:
                    self.timers.append((abs(v) % 20, key))
                self.emit(at, None, v + key, t)

    def watermark(self, at: int) -> None:
        for due in sorted({t for t, _ in self.timers if t <= at}):
            for timer in [x for x in self.timers if x[0] == due]:
                self.timers.remove(timer)
                self.emit(0, None, due * 1000 + timer[1], due)
                self.emit(0, "side", due, due)


def spec_of(node: Node) -> Any:
    n = node.n
    return {
        "map": MapSpec(mapped(n)),
        "filter": FilterSpec(kept(n)),
        "flat_map": FlatMapSpec(flattened(n)),
        "process": ProcessSpec(Processed(n)),
        "reduce": ReduceSpec(lambda a, b: a + b),
        "timed": KeyedProcessSpec(Timed(n)),
    }[node.kind]


@st.composite
def trees(draw: st.DrawFn) -> list[Node]:
    size = draw(st.integers(1, 9))
    nodes: list[Node] = []
    for i in range(size):
        kind = draw(st.sampled_from((*KINDS, "reduce", "timed") if i == 0 else KINDS))
        parent = draw(st.integers(max(-1, i - 3), i - 1)) if i else -1
        parent = max(parent, 0) if i else -1
        sides = i and nodes[parent].kind in ("process", "timed")
        tag = "side" if sides and draw(st.booleans()) else None
        nodes.append(Node(kind, draw(st.integers(0, 2)), parent, tag, draw(st.booleans())))
    nodes[-1].taken = True
    return nodes


values = st.integers(-200, 200)
batches = st.lists(st.tuples(st.lists(values, max_size=12), st.booleans(), st.integers(0, 25)), max_size=5)


@settings(max_examples=300, deadline=None)
@given(trees(), batches)
def test_a_fused_tree_does_what_the_naive_interpreter_does(nodes: list[Node], work: list[Any]) -> None:
    wiring: dict[tuple[int, str | None], list[int]] = {}
    for i, node in enumerate(nodes[1:], 1):
        wiring.setdefault((node.parent, node.tag), []).append(i)
    writers: dict[tuple[int, str | None], Writer] = {(i, None): Writer() for i, n in enumerate(nodes) if n.taken}
    built, naive = Built([spec_of(n) for n in nodes], wiring, writers), Naive(nodes)
    keyed = nodes[0].kind in ("reduce", "timed")
    time = 0
    for batch, timed, watermark in work:
        times: list[int | None] | None = [v if v % 5 else None for v in batch] if timed else None
        keys = [v % 4 for v in batch] if keyed else None
        fused_error = naive_error = None
        try:
            built.chain.process(RecordBatch(list(batch), times, keys))
        except PoisonError as e:
            fused_error = e.args
        try:
            for i, v in enumerate(batch):
                naive.run(0, v, times[i] if times else None, keys[i] if keys else None)
        except PoisonError as e:
            naive_error = e.args
        assert fused_error == naive_error
        if not fused_error and watermark > time:
            time = watermark
            try:
                built.chain.process_watermark(time)
            except PoisonError as e:
                fused_error = e.args
            try:
                naive.watermark(time)
            except PoisonError as e:
                naive_error = e.args
            assert fused_error == naive_error
        if fused_error:
            break
    for output, writer in writers.items():
        arrived = [(a[1], a[2]) for a in writer.arrived if len(a) == 4]
        assert arrived == naive.out.get(output, [])


def test_latency_markers_pass_every_operator_to_one_target_and_functions_see_the_random_numbers_they_would() -> None:
    seen: list[tuple[int, LatencyMarker]] = []
    writer, marker = Writer(3), LatencyMarker(5, "s" * 32, 0)
    built = Built([MapSpec(str), MapSpec(str)], writers={(1, None): writer})
    built.chain.on_marker = lambda operator, passed: seen.append((operator, passed))
    random.seed(5)
    before = random.getstate()
    built.chain.process_marker(marker)
    built.chain.emit_marker(marker)
    assert random.getstate() == before
    assert seen == [(0, marker), (1, marker), (1, marker)]
    assert [element for _, element in writer.arrived] == [marker, marker]
