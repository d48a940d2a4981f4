"""Taps within a fused chain: they see what passes, in order, and change nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.exchange.elements import RecordBatch
from penstock.operators.generated import _operators
from penstock.operators.specs import FilterSpec, FlatMapSpec, MapSpec
from tests.unit.operators.chains import Built, Writer
from tests.unit.operators.test_fusion import Naive, Node, PoisonError, batches, spec_of, trees


@dataclass
class Watched(Naive):
    """Remembers what every output gave."""

    passed: dict[tuple[int, str | None], list[Any]] = field(default_factory=dict)

    def emit(self, at: int, tag: str | None, v: int, t: int | None) -> None:
        self.passed.setdefault((at, tag), []).append((v, t))
        super().emit(at, tag, v, t)


class Tap:
    def __init__(self, room: int = 1 << 30) -> None:
        self.seen: list[Any] = []
        self.keys: list[Any] = []
        self.room = room

    @property
    def is_open(self) -> bool:
        return self.room > 0

    def take(self, value: Any, timestamp: int | None, key: Any) -> None:
        self.room -= 1
        self.seen.append((value, timestamp))
        self.keys.append(key)


@settings(max_examples=200, deadline=None)
@given(nodes=trees(), work=batches, data=st.data())
def test_a_tap_sees_what_the_naive_interpreter_passes_on(
    nodes: list[Node], work: list[Any], data: st.DataObject
) -> None:
    wiring: dict[tuple[int, str | None], list[int]] = {}
    for i, node in enumerate(nodes[1:], 1):
        wiring.setdefault((node.parent, node.tag), []).append(i)
    writers: dict[tuple[int, str | None], Writer] = {(i, None): Writer() for i, n in enumerate(nodes) if n.taken}
    built, naive = Built([spec_of(n) for n in nodes], wiring, writers), Watched(nodes)
    keyed = nodes[0].kind in ("reduce", "timed")
    # a side output that nobody consumes is dropped before a tap could see it
    places = sorted({(i, None) for i in range(len(nodes))} | wiring.keys(), key=repr)
    taps: dict[tuple[int, str | None], Tap] = {}
    expected: dict[tuple[int, str | None], list[Any]] = {}
    wanted: list[tuple[int, str | None]] = []
    time = 0
    for batch, timed, watermark in work:
        if data.draw(st.booleans()):
            wanted = data.draw(st.lists(st.sampled_from(places), unique=True))
            for place in wanted:
                taps.setdefault(place, Tap())
            built.chain.forget_taps()
        is_on = data.draw(st.booleans())
        built.chain.tap({place: taps[place] for place in wanted} if is_on else {})
        before = {place: len(naive.passed.get(place, [])) for place in places}
        times: list[int | None] | None = [v if v % 5 else None for v in batch] if timed else None
        keys = [v % 4 for v in batch] if keyed else None
        raised, rises, time = 0, watermark > time, max(time, watermark)
        try:
            built.chain.process(RecordBatch(list(batch), times, keys))
            if rises:
                built.chain.process_watermark(time)
        except PoisonError:
            raised += 1
        try:
            for i, v in enumerate(batch):
                naive.run(0, v, times[i] if times else None, keys[i] if keys else None)
            if rises:
                naive.watermark(time)
        except PoisonError:
            raised += 1
        assert raised != 1, "a tap must not keep an error from its place"
        for place in wanted if is_on else ():
            expected.setdefault(place, []).extend(naive.passed.get(place, [])[before[place] :])
        if raised:
            break
    for output, writer in writers.items():
        assert [(a[1], a[2]) for a in writer.arrived if len(a) == 4] == naive.out.get(output, [])
    assert {p: t.seen for p, t in taps.items() if t.seen} == {p: seen for p, seen in expected.items() if seen}


def chain() -> Built:
    return Built([MapSpec(lambda v: [v]), FilterSpec(lambda v: v.append("later") or True), FlatMapSpec(lambda v: v)])


def test_a_record_is_seen_as_it_is_then() -> None:
    """Of a value that is changed further down, the tap is handed the state at its point."""
    seen: list[str] = []

    class Now(Tap):
        def take(self, value: Any, timestamp: int | None, key: Any) -> None:
            seen.append(repr(value))

    built = chain()
    built.chain.tap({(0, None): Now(), (1, None): Now()})
    built.chain.process(RecordBatch([1, 2]))
    assert seen == ["[1]", "[1, 'later']", "[2]", "[2, 'later']"]


def test_a_tap_that_is_full_sees_no_more_of_the_batch() -> None:
    built, tap = chain(), Tap(room=2)
    built.chain.tap({(0, None): tap})
    built.chain.process(RecordBatch([1, 2, 3, 4]))
    assert len(tap.seen) == 2
    assert built.out.values == [1, "later", 2, "later", 3, "later", 4, "later"]


def names(built: Built) -> Iterator[str]:
    return (name for name in _operators if f"#{built.chain._serial}." in name)


def test_without_a_tap_the_loop_is_the_one_from_before() -> None:
    built = chain()
    built.chain.process(RecordBatch([1]))
    plain = dict(built.chain._entries)
    built.chain.tap({(0, None): Tap()})
    built.chain.process(RecordBatch([1]))
    assert built.chain._entries != plain
    built.chain.tap({})
    assert built.chain._entries == plain
    assert [name for name in plain.values() if "tap_0" in name.__code__.co_varnames] == []


def test_loops_with_taps_are_dropped() -> None:
    built = chain()
    for _ in range(3):
        built.chain.tap({(0, None): Tap()})
        built.chain.process(RecordBatch([1]))
        assert len(list(names(built))) <= 2
        built.chain.forget_taps()
    built.chain.process(RecordBatch([1]))
    assert len(list(names(built))) == 1
    built.chain.close()
    assert list(names(built)) == []
