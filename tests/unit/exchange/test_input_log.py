"""Where a log is read from."""

import pytest

from penstock.exchange.alignment import EntryId
from penstock.exchange.credit import ConsumerCredit
from penstock.exchange.input_log import InputLog, following, format_id


@pytest.mark.parametrize("first", [(7, 0), (7, 1), (7, (1 << 64) - 1), (0, 1)])
def test_a_log_that_is_resumed_looks_at_that_entry_next(first: EntryId) -> None:
    log = InputLog("log", ConsumerCredit(1000, [0]), 1000)
    log.resume_at(first)
    assert log.next_id() == first
    assert following((first[0], first[1])) > first


def test_ids_go_on_with_the_next_millisecond() -> None:
    assert following((7, (1 << 64) - 1)) == (8, 0)
    assert following((7, 3)) == (7, 4)
    assert format_id((8, 0)) == b"8-0"
