"""What slots tell each other of watermarks."""

import pytest

from penstock.coordination.coordination import Coordination

pytestmark = pytest.mark.contract


def test_each_hears_the_others(coordination: Coordination) -> None:
    alignments = coordination.alignments
    assert alignments.tell("j", "g", "a", b"1 5") == {}
    assert alignments.tell("j", "g", "b", b"1 7") == {"a": b"1 5"}
    assert alignments.tell("j", "g", "a", b"2 6") == {"b": b"1 7"}
    assert alignments.tell("j", "g", "b", b"2 8") == {"a": b"2 6"}
    assert alignments.tell("j", "h", "b", b"1 0") == {}
    assert alignments.tell("k", "g", "b", b"1 0") == {}


def test_who_left_is_not_heard(coordination: Coordination) -> None:
    alignments = coordination.alignments
    alignments.tell("j", "g", "a", b"1 5")
    alignments.leave("j", "g", "a")
    alignments.leave("j", "g", "a")
    assert alignments.tell("j", "g", "b", b"1 7") == {}
