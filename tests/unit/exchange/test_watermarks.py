from hypothesis import given
from hypothesis import strategies as st

from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.exchange.events import StatusEvent, WatermarkEvent
from penstock.exchange.watermarks import WatermarkMerger


def test_the_minimum_counts_and_only_when_it_rose() -> None:
    merger = WatermarkMerger([0, 1])
    assert merger.advance(0, 10) is None
    assert merger.advance(1, 7) == WatermarkEvent(7)
    assert merger.advance(1, 6) is None
    assert merger.advance(0, 20) is None
    assert merger.advance(1, 12) == WatermarkEvent(12)


def test_an_idle_channel_holds_nothing_back() -> None:
    merger = WatermarkMerger([0, 1])
    merger.advance(0, 10)
    assert merger.set_status(1, False) == [WatermarkEvent(10)]
    assert merger.set_status(1, False) == []
    assert merger.advance(0, 11) == WatermarkEvent(11)


def test_when_the_last_channel_falls_idle_the_highest_watermark_counts() -> None:
    merger = WatermarkMerger([0, 1])
    merger.advance(0, 10)
    merger.advance(1, 5)
    assert merger.set_status(0, False) == []
    assert merger.set_status(1, False) == [WatermarkEvent(10), StatusEvent(False)]
    assert merger.set_status(0, True) == [StatusEvent(True)]


def test_a_channel_that_comes_back_late_is_left_out_until_it_has_caught_up() -> None:
    merger = WatermarkMerger([0, 1])
    merger.set_status(1, False)
    assert merger.advance(0, 10) == WatermarkEvent(10)
    merger.set_status(1, True)
    assert merger.advance(0, 20) == WatermarkEvent(20)
    assert merger.advance(1, 15) is None
    assert merger.advance(1, 25) is None
    assert merger.advance(0, 30) == WatermarkEvent(25)


def test_an_ended_channel_holds_nothing_back() -> None:
    merger = WatermarkMerger([0, 1])
    merger.advance(0, 10)
    assert merger.end(1) == [WatermarkEvent(10)]
    assert merger.end(1) == []
    assert merger.end(0) == [], "all ended is not idleness"


def test_a_channel_that_ends_leaves_idle_ones_behind() -> None:
    merger = WatermarkMerger([0, 1])
    merger.set_status(0, False)
    assert merger.end(1) == [StatusEvent(False)]


def test_a_restored_merger_goes_on_where_it_was() -> None:
    merger = WatermarkMerger([0, 1])
    merger.advance(0, 10)
    merger.advance(1, 8)
    restored = WatermarkMerger([0, 1])
    restored.restore(merger.watermarks, merger.idle, merger.combined)
    assert restored.advance(1, 9) == merger.advance(1, 9) == WatermarkEvent(9)


steps = st.tuples(st.integers(0, 2), st.one_of(st.integers(0, 50), st.booleans(), st.none()))


@given(st.lists(steps, max_size=40))
def test_the_combined_watermark_never_falls_nor_exceeds_what_a_channel_has_said(
    steps: list[tuple[int, object]],
) -> None:
    merger, highest, last = WatermarkMerger(range(3)), MIN_TIMESTAMP, MIN_TIMESTAMP
    for channel, what in steps:
        if what is None:
            events = merger.end(channel)
        elif isinstance(what, bool):
            events = merger.set_status(channel, what)
        else:
            assert isinstance(what, int)
            highest = max(highest, what)
            risen = merger.advance(channel, what)
            events = [risen] if risen else []
        for event in events:
            if isinstance(event, WatermarkEvent):
                assert last < event.timestamp <= highest
                last = event.timestamp
