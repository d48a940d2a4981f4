"""Repeated figures: the median, and how far the others lie from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """`noise`: (highest - lowest) / median."""

    median: float
    noise: float
    values: tuple[float, ...]


def spread(values: Sequence[float]) -> Spread:
    middle = median(values)
    return Spread(middle, (max(values) - min(values)) / middle if middle else 0.0, tuple(round(v, 6) for v in values))
