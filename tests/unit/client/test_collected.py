"""Collected: each record once, whatever restarts between."""

import pickle
import random
from typing import Any

import pytest

from penstock.client.collected import Collected, CollectError
from penstock.exchange.collect_log import GATED, CollectEntry, CollectKind


def start(attempt: int, seq: int = 0, before: int | None = None, payload: bytes = GATED) -> CollectEntry:
    return CollectEntry(CollectKind.START, (1, attempt), seq if before is None else before, seq, payload)


def data(attempt: int, before: int, *values: Any) -> CollectEntry:
    return CollectEntry(CollectKind.DATA, (1, attempt), before, before + len(values), pickle.dumps(list(values)))


def committed(attempt: int, seq: int) -> CollectEntry:
    return CollectEntry(CollectKind.COMMITTED, (1, attempt), seq, seq)


def end(attempt: int, seq: int) -> CollectEntry:
    return CollectEntry(CollectKind.END, (1, attempt), seq, seq)


def all_of(*entries: CollectEntry) -> tuple[Collected, list[Any]]:
    collected = Collected("j")
    return collected, [record for entry in entries for record in collected.take(entry)]


def test_without_checkpoints_records_come_at_once() -> None:
    collected, got = all_of(start(0, payload=b""), data(0, 0, "a", "b"), data(0, 2, "c"), end(0, 3))
    assert got == ["a", "b", "c"]
    assert collected.end() == []


def test_with_checkpoints_records_come_when_they_are_in_one() -> None:
    collected, got = all_of(start(0), data(0, 0, "a", "b"), committed(0, 2), data(0, 2, "c"))
    assert got == ["a", "b"]
    assert collected.take(end(0, 3)) == []
    assert collected.end() == ["c"], "the job has ended well"


def test_a_commit_may_come_before_its_records() -> None:
    assert all_of(start(0), data(0, 0, "a"), committed(0, 2), data(0, 1, "b", "c"))[1] == ["a", "b"]


def test_what_was_not_committed_is_taken_back() -> None:
    entries = start(0), data(0, 0, "a", "b"), committed(0, 1), start(1, 1), data(1, 1, "B", "C"), committed(1, 3)
    assert all_of(*entries)[1] == ["a", "B", "C"]


def test_the_checkpoint_that_an_attempt_begins_with_counts_as_committed() -> None:
    assert all_of(start(0), data(0, 0, "a", "b", "c"), start(1, 2))[1] == ["a", "b"]


def test_what_an_older_attempt_still_says_does_not_count() -> None:
    entries = start(0), data(0, 0, "a"), start(1, 0), data(0, 1, "zombie"), committed(0, 2), data(1, 0, "A")
    assert all_of(*entries, committed(1, 1))[1] == ["A"]


def test_copies_are_dropped_and_halves_cut() -> None:
    entries = start(0, payload=b""), data(0, 0, "a", "b"), data(0, 0, "a", "b"), data(0, 1, "b", "c")
    assert all_of(*entries)[1] == ["a", "b", "c"]


def test_a_checkpoint_before_the_one_that_was_read_repeats_nothing() -> None:
    entries = start(0), data(0, 0, "a", "b", "c"), committed(0, 3), start(1, 1), data(1, 1, "B", "C", "D")
    assert all_of(*entries, committed(1, 4))[1] == ["a", "b", "c", "D"]


def test_the_log_was_lost_and_the_new_attempt_sends_again_what_was_not_taken() -> None:
    entries = start(0), data(0, 0, "a"), start(1, 3, 1), data(1, 1, "b", "c"), data(1, 3, "d"), committed(1, 4)
    assert all_of(*entries)[1] == ["a", "b", "c", "d"]


def test_a_job_from_a_savepoint_begins_with_what_nobody_has_taken() -> None:
    assert all_of(start(0, 5, 3), data(0, 3, "d", "e"), data(0, 5, "f"))[1] == ["d", "e"]


def test_a_job_without_checkpoints_that_starts_again_is_an_error() -> None:
    collected, _ = all_of(start(0, payload=b""), data(0, 0, "a"))
    with pytest.raises(
        CollectError, match=r"restarted from its beginning after 1 of its records.*enable checkpointing"
    ):
        collected.take(start(1, payload=b""))


def test_unless_nothing_was_read() -> None:
    assert all_of(start(0, payload=b""), start(1, payload=b""), data(1, 0, "a"))[1] == ["a"]


def test_a_gap_is_an_error() -> None:
    collected, _ = all_of(start(0), data(0, 0, "a"))
    with pytest.raises(CollectError, match="records from 2 to 4 are gone"):
        collected.take(data(0, 4, "e"))


@pytest.mark.parametrize("entries", [(), (start(0),), (start(0), data(0, 0, "a"), end(0, 2))])
def test_a_job_that_is_over_with_records_missing_is_an_error(entries: tuple[CollectEntry, ...]) -> None:
    collected, _ = all_of(*entries)
    with pytest.raises(CollectError, match="is FINISHED, but its collected records"):
        collected.end()


@pytest.mark.parametrize("seed", range(60))
def test_random_lives_give_every_record_once(seed: int) -> None:
    """A writer that fails at random, whose records differ from attempt to attempt; copies and zombies between."""
    rnd = random.Random(seed)
    collected, got = Collected("j"), list[Any]()
    history: list[Any] = []  #: what the newest checkpoint has
    attempt, log = 0, [start(0)]
    while len(history) < 40:
        written = list(history)
        for _ in range(rnd.randrange(6)):
            batch = [(len(written) + n, attempt) for n in range(rnd.randrange(1, 4))]
            log.append(data(attempt, len(written), *batch))
            if rnd.random() < 0.2:
                log.append(log[-1])
            if attempt and rnd.random() < 0.2:
                log.append(data(attempt - 1, rnd.randrange(40), "zombie"))
            written += batch
            if rnd.random() < 0.4:
                history = list(written)
                if rnd.random() < 0.7:
                    log.append(committed(attempt, len(history)))
        attempt += 1
        log.append(start(attempt, len(history)))
    log.append(end(attempt, len(history)))
    for entry in log:
        got += collected.take(entry)
    assert got + collected.end() == history
