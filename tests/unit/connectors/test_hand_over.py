import threading
import time

import pytest

from penstock.datastream.connectors.hand_over import HandOver


def test_items_in_order_then_the_end() -> None:
    woken: list[int] = []
    items: HandOver[int] = HandOver(10, lambda: woken.append(1))
    assert items.take(5) == []
    assert items.put([1, 2, 3])
    assert items.put([4])
    assert len(woken) == 1
    items.end()
    assert items.take(3) == [1, 2, 3]
    assert items.take(3) == [4]
    assert items.take(3) is None


def test_an_error_comes_behind_what_was_there_before() -> None:
    items: HandOver[int] = HandOver(10, lambda: None)
    items.put([1])
    items.end(OSError("broken"))
    assert items.take(3) == [1]
    with pytest.raises(OSError, match="broken"):
        items.take(3)


def test_who_puts_waits_for_room_and_is_let_go_when_nobody_wants_more() -> None:
    items: HandOver[int] = HandOver(2, lambda: None)
    results: list[bool] = []

    def puts() -> None:
        while items.put([0, 0]):
            results.append(True)
        results.append(False)

    thread = threading.Thread(target=puts)
    thread.start()
    deadline = time.monotonic() + 30
    taken = 0
    while taken < 20:
        taken += len(items.take(1) or ())
        assert time.monotonic() < deadline
    assert len(results) <= 12
    items.close()
    thread.join(30)
    assert not thread.is_alive()
    assert results[-1] is False
    assert not items.sleep(60)
