"""A restarted producer's records are compared with those of the attempts before, in whatever batches."""

import pickle
import random
from typing import Any

import pytest

from penstock.exchange.elements import CheckpointBarrier
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.fork_check import ForkCheck
from penstock.exchange.header import Header, Kind, encode_control

CHANNEL = 7
Row = tuple[bytes, bytes, bytes]


def payload(values: list[Any], keys: list[Any] | None = None) -> bytes:
    return pickle.dumps((values, None, keys), 5)


def entry(seq: int, values: list[Any], attempt: int = 0, channel: int = CHANNEL) -> Row:
    return b"1-%d" % seq, Header(channel, 1, attempt, Kind.DATA, 0, seq, 0).pack(), payload(values)


def barrier(seq: int, attempt: int = 0) -> Row:
    kind, content = encode_control(CheckpointBarrier(1))
    return b"1-%d" % seq, Header(CHANNEL, 1, attempt, kind, 0, seq, 1).pack(), content


def check(after: int = 0) -> ForkCheck:
    return ForkCheck(CHANNEL, after, (1, 3), "e")


@pytest.mark.parametrize("seed", range(20))
def test_batches_may_have_any_bounds_and_come_in_any_order(seed: int) -> None:
    choice = random.Random(seed)
    values: list[Any] = [(n, f"v{n}", {"k": n}) for n in range(40)]

    def batches(after: int) -> list[tuple[int, list[Any]]]:
        found, at = [], after
        while at < len(values):
            upto = min(len(values), at + choice.randrange(1, 6))
            found.append((upto, values[at:upto]))
            at = upto
        return found

    forked = values.copy()
    at = choice.randrange(10, 40)
    forked[at] = ("another", 0, {})
    for is_forked in (False, True):
        compared = check(10)
        log = [entry(seq, part) for seq, part in batches(0)]
        log.insert(choice.randrange(len(log)), entry(3, ["other channel"], channel=8))
        log.insert(choice.randrange(len(log)), barrier(1))
        made = batches(10)
        if is_forked:
            made = [(seq, forked[seq - len(part) : seq]) for seq, part in made]
        try:
            while log or made:
                if log and (choice.random() < 0.5 or not made):
                    compared.read([log.pop(0)])
                elif made:
                    seq, part = made.pop(0)
                    compared.made(seq, payload(part))
            compared.read([])
        except ExchangeLost as lost:
            assert is_forked and lost.kind == "fork" and f"record {at + 1} is not" in str(lost)
        else:
            assert not is_forked
            assert compared.is_over


def test_what_the_attempt_itself_has_written_is_not_compared() -> None:
    compared = check()
    compared.read([entry(2, ["a", "b"]), barrier(2, attempt=3), entry(4, ["zombie", "zombie"])])
    assert not compared.wants
    compared.made(4, payload(["a", "b", "c", "d"]))
    assert compared.is_over


def test_a_superseded_attempt_counts_no_more_than_it_does_for_the_consumer() -> None:
    compared = check()
    compared.read([entry(1, ["a"]), entry(1, ["a"], attempt=1), entry(2, ["zombie"]), entry(2, ["b"], attempt=1)])
    compared.made(2, payload(["a", "b"]))


def test_a_log_that_was_trimmed_in_between_ends_it() -> None:
    compared = check()
    compared.read([entry(9, ["i"])])
    assert compared.is_over and not compared.wants


class Plain:
    """Has no equality of its own."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Vague:
    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")

    __hash__ = object.__hash__


def test_values_without_equality_are_told_apart_by_what_they_are_made_of() -> None:
    same = "".join(["sh", "ared"])
    compared = check()
    compared.read([entry(3, [Plain((same, same)), float("nan"), Vague()])])
    other = "".join(["sha", "red"])
    compared.made(3, payload([Plain((same, other)), float("nan"), Vague()]))
    compared.read([entry(4, [Plain(1)])])
    with pytest.raises(ExchangeLost, match="record 4 is not what it was"):
        compared.made(4, payload([Plain(2)]))


def test_a_key_may_have_forked_too() -> None:
    compared = check()
    at, header, _ = entry(1, ["a"])
    compared.read([(at, header, payload(["a"], ["k"]))])
    with pytest.raises(ExchangeLost):
        compared.made(1, payload(["a"], ["other"]))
