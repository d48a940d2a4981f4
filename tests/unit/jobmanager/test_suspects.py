"""Jobs whose leaders keep dying are taken over one by one."""

from msgspec.structs import replace

from penstock.coordination.messages import encode
from penstock_jobmanager.suspects import PROBATION, SUSPECT_AFTER, Suspects, takeovers
from tests.unit.jobmanager.jobs import new_row


def test_takeovers_of_a_row() -> None:
    assert takeovers(encode(replace(new_row(), takeovers=4))) == 4
    assert takeovers(None) == 0
    assert takeovers(b"no row") == 0, "whoever leads the job finds out"


def test_those_that_nothing_is_known_against_come_first_then_the_worst() -> None:
    suspects = Suspects()
    counts = {"job:a": SUSPECT_AFTER, "job:b": SUSPECT_AFTER - 1, "job:c": SUSPECT_AFTER + 2, "job:d": 0}
    assert suspects.innocent(counts) == ["job:b", "job:d"]
    assert suspects.innocent({"job:a": SUSPECT_AFTER, "job:c": SUSPECT_AFTER + 2}) == []
    assert suspects.worst() == "job:c"


def test_a_suspect_is_on_probation_for_a_while_if_it_is_led_for_so_long() -> None:
    suspects = Suspects()
    suspects.innocent({"job:a": SUSPECT_AFTER, "job:b": 0})
    suspects.taken("job:b", 10.0)
    assert not suspects.on_probation(["job:b"], 10.0)
    suspects.taken("job:a", 11.0)
    assert suspects.on_probation(["job:a", "job:b"], 11.0 + PROBATION - 0.1)
    assert not suspects.on_probation(["job:b"], 11.1), "lost, or over"
    assert not suspects.on_probation(["job:a", "job:b"], 11.0 + PROBATION)
