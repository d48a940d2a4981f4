from hypothesis import given
from hypothesis import strategies as st

from penstock.exchange.credit import (
    ConsumerCredit,
    CreditRow,
    ProducerCredit,
    decode_wake,
    encode_wake,
    low_mark,
)
from penstock.exchange.header import NO_ATTEMPT


def test_a_producer_stops_at_the_bound_and_goes_on_when_something_was_taken() -> None:
    credit = ProducerCredit(100)
    credit.sent(10, 60)
    assert credit.allows(40)
    assert not credit.allows(41)
    credit.taken_upto(9)
    assert not credit.allows(41), "the entry was not taken whole"
    credit.taken_upto(10)
    assert credit.outstanding == 0
    assert credit.allows(100)


def test_one_entry_may_exceed_the_bound_when_little_is_outstanding() -> None:
    credit = ProducerCredit(100)
    assert credit.allows(1000)
    credit.sent(1, 24)
    assert credit.allows(1000)
    credit.sent(2, 1)
    assert not credit.allows(1000)


def test_credit_is_never_lowered() -> None:
    credit = ProducerCredit(100)
    credit.sent(1, 50)
    credit.taken_upto(1)
    credit.taken_upto(0)
    assert (credit.taken, credit.outstanding) == (1, 0)
    assert CreditRow(5, 2, (1, 0)).raised(CreditRow(3, 4, (1, 0))) == CreditRow(5, 4, (1, 0))
    assert CreditRow(3, 2, (1, 0)).raised(CreditRow(5, 4, (0, 9))) == CreditRow(5, 2, (1, 0)), "of the newest attempt"


def test_a_row_says_whether_credit_is_withheld() -> None:
    row = CreditRow(5, 2, (3, 4), True)
    assert CreditRow.decode(row.encode()) == row
    assert CreditRow(1, 0, (0, -1), True).raised(row) == row._replace(taken=5)
    assert not CreditRow(5).raised(row).withheld, "that is of the moment"
    wake = encode_wake(32767, [(7, row), (8, CreditRow(1))])
    assert list(decode_wake(wake)) == [(7, 32767, row), (8, 32767, CreditRow(1))]


@given(st.integers(1, 1000), st.lists(st.integers(1, 2000), min_size=1, max_size=50))
def test_both_sides_together_never_lock_up(bound: int, sizes: list[int]) -> None:
    """The consumer takes all there is and publishes only when it is urgent: the producer always gets on."""
    producer, consumer = ProducerCredit(bound), ConsumerCredit(bound, [0])
    for seq, size in enumerate(sizes, 1):
        assert producer.allows(size)
        producer.sent(seq, size)
        assert producer.outstanding <= max(bound, low_mark(bound) + size)
        consumer.took(0, size)
        if consumer.urgent:
            assert consumer.published() == [0]
            producer.taken_upto(seq)


def test_a_consumer_publishes_at_once_only_what_may_be_waited_for() -> None:
    credit = ConsumerCredit(100, [0, 1])
    assert credit.due_at(5.0, 0.1) is None
    credit.took(0, 24)
    assert credit.due_at(5.0, 0.1) == 5.1
    assert credit.due_at(5.05, 0.1) == 5.1
    credit.took(0, 1)
    assert credit.due_at(5.05, 0.1) == 5.05
    credit.passed(1)
    assert sorted(credit.published()) == [0, 1]
    assert credit.due_at(6.0, 0.1) is None


def test_rows_survive_their_two_encodings() -> None:
    rows = [(3, CreditRow(7, 2, (4, 1))), (1 << 16 | 5, CreditRow(1 << 40, 0, NO_ATTEMPT))]
    assert [(c, r) for c, _, r in decode_wake(encode_wake(9, rows))] == rows
    assert {consumer for _, consumer, _ in decode_wake(encode_wake(9, rows))} == {9}
    assert list(decode_wake(b"")) == []
    assert [CreditRow.decode(r.encode()) for _, r in rows] == [r for _, r in rows]
    assert CreditRow.decode(None) == CreditRow(0, 0, NO_ATTEMPT)
