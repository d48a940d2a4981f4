"""Equal keys meet in one key group, whatever they are and wherever they were made."""

import dataclasses
import datetime
import enum
import pickle
import subprocess
import sys
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import pytest

from penstock.common import Row
from penstock.graph.key_groups import key_group, key_groups, stable_hash


@dataclasses.dataclass(frozen=True)
class Pair:
    a: Any
    b: Any


class Point(NamedTuple):
    x: int
    y: int


class Color(enum.Enum):
    RED = 1
    BLUE = 2


def made(text: str) -> str:
    """An equal string that is another object."""
    return "".join(list(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (1, Decimal("1.00")),
        (0.5, Fraction(1, 2)),
        (Decimal("0.1"), Decimal("0.10")),
        (Decimal(10) ** 40, 10**40),
        (Row("k", "k"), Row("k", made("k"))),
        (Row(1, 2), Row(1.0, 2)),
        (Pair("k", "k"), Pair("k", made("k"))),
        (Pair(1, frozenset("abc")), Pair(1.0, frozenset("cba"))),
        (Point(1, 2), (1, 2)),
        (Color.RED, Color(1)),
        (uuid.UUID(int=7), uuid.UUID(int=7)),
        (
            datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.UTC),
            datetime.datetime(2020, 1, 1, 14, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        ),
    ],
)
def test_equal_keys_hash_equally(one: Any, other: Any) -> None:
    assert one == other
    assert stable_hash(one) == stable_hash(other)


def test_other_keys_hash_otherwise() -> None:
    keys = [
        Row("a", "b"), Row("b", "a"), Pair("a", "b"), Pair("b", "a"), Color.RED, Color.BLUE, "a", b"a", 1, 1.5, None,
        Decimal("0.1"), Decimal("0.2"), 1j, ("a",), (), datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), Row, Pair,
        datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), uuid.UUID(int=1),
    ]  # fmt: skip
    assert len({stable_hash(key) for key in keys}) == len(keys)


def test_an_object_hashes_alike_after_a_trip() -> None:
    for key in (Row("k", "k"), Pair("k", ("k", 1)), Color.BLUE, datetime.datetime(2020, 1, 1), uuid.UUID(int=3)):
        assert stable_hash(pickle.loads(pickle.dumps(key))) == stable_hash(key)


SCRIPT = """
import dataclasses, enum
from penstock.graph.key_groups import stable_hash
class Color(enum.Enum):
    RED = 1
@dataclasses.dataclass(frozen=True)
class Key:
    name: str
    color: Color
    tags: frozenset
print(stable_hash((Key("a", Color.RED, frozenset("abcdef")), Color.RED, "text", 1.5)))
"""


def test_classes_of_a_script_hash_alike_in_every_process() -> None:
    run = [subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True) for _ in range(2)]
    assert run[0].stdout == run[1].stdout


@pytest.mark.parametrize("keys", [[], ["a", "ü", ""], ["a", "\ud800"], ["a", 1, b"a"], [("a", 1), None]])
def test_groups_of_many_keys_are_those_of_each(keys: list[Any]) -> None:
    assert key_groups(keys, 128) == [key_group(key, 128) for key in keys] == [stable_hash(key) % 128 for key in keys]


def test_what_cannot_be_pickled_is_no_key() -> None:
    with pytest.raises(TypeError, match="generator"):
        stable_hash(n for n in (1, 2))
