"""How much may be looked at."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime.tap.allowance import SHARE, Allowance


def test_a_busy_edge_shows_so_many_records_a_second() -> None:
    allowance, shown = Allowance(50.0, 0.0), 0
    for step in range(50):
        allowance.grow(step * 0.2)
        while allowance.is_left:
            allowance.spend(0.0)
            shown += 1
    assert 480 <= shown <= 520


def test_a_slow_edge_shows_every_record() -> None:
    allowance = Allowance(10.0, 0.0)
    for second in range(1, 100):
        allowance.grow(second * 0.2)
        assert allowance.is_left
        allowance.spend(0.0)


def test_slow_records_are_paid_for_by_a_pause() -> None:
    allowance = Allowance(50.0, 0.0)
    allowance.spend(0.05)
    assert not allowance.is_left and allowance.records == 0
    allowance.grow(0.5)
    assert not allowance.is_left
    allowance.grow(1.0)
    assert allowance.is_left


@given(costs=st.lists(st.floats(0.0, 0.5), max_size=200))
def test_decoding_takes_its_share_at_most(costs: list[float]) -> None:
    allowance, spent, now = Allowance(50.0, 0.0), 0.0, 0.0
    for cost in costs:
        now += 0.02
        allowance.grow(now)
        if allowance.is_left:
            allowance.spend(cost)
            spent += cost
    # the last record may be as slow as it likes: it is paid for after
    assert spent <= now * SHARE + 0.01 + max(costs, default=0.0) + 1e-9
