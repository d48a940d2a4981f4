"""Jobs whose leaders keep dying are taken over one by one."""

import pytest
from msgspec.structs import replace

from penstock.coordination.messages import encode
from penstock_jobmanager.options import JobMasterOptions
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


def test_a_suspect_is_alone_for_a_while_if_it_is_led_for_so_long() -> None:
    suspects = Suspects()
    suspects.innocent({"job:a": SUSPECT_AFTER, "job:b": 0})
    suspects.taken("job:b", 10.0)
    assert not suspects.admits_none(["job:b"], 10.0)
    suspects.taken("job:a", 11.0)
    assert suspects.admits_none(["job:a", "job:b"], 11.0 + PROBATION - 0.1)
    assert not suspects.admits_none(["job:b"], 11.1), "lost, or over"
    assert not suspects.admits_none(["job:a", "job:b"], 11.0 + PROBATION)


def test_probation_grows_from_seconds_to_what_is_stable() -> None:
    suspects = Suspects(JobMasterOptions(takeover_limit=10, stable_after=60.0))
    lengths = [suspects.probation(count) for count in range(SUSPECT_AFTER, 11)]
    assert lengths == sorted(lengths)
    assert lengths[0] == PROBATION
    assert lengths[-3] < 60.0 and lengths[-2:] == pytest.approx([60.0, 60.0]), "from one before the last that it has"


def test_beside_a_suspect_on_probation_others_are_led_but_no_suspect() -> None:
    suspects = Suspects()
    suspects.innocent({"job:a": 6, "job:b": 6})
    suspects.taken("job:a", 0.0)
    until = suspects.probation(6)
    assert until > PROBATION
    assert not suspects.admits_none(["job:a"], until - 0.1) and not suspects.admits_suspect(["job:a"], until - 0.1)
    assert suspects.admits_suspect(["job:a"], until)
    assert suspects.admits_suspect([], 0.1), "lost, or over"


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_a_low_limit_makes_suspects_earlier(limit: int) -> None:
    suspects = Suspects(JobMasterOptions(takeover_limit=limit))
    counted = min(SUSPECT_AFTER, limit)
    assert suspects.innocent({"job:a": counted - 1, "job:b": counted}) == ["job:a"]
    assert suspects.probation(max(counted, limit - 1)) == pytest.approx(60.0), "before it is ended it is led alone"
