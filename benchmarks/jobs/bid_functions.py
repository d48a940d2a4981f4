"""The user functions over bids, the same objects in every runner."""

import json
from typing import Any

WINDOW = 10_000  #: ms

Projected = tuple[int, int, int]
Event = tuple[int, int]


def parse(line: str) -> dict[str, Any]:
    bid: dict[str, Any] = json.loads(line)
    return bid


def is_wanted(bid: dict[str, Any]) -> bool:
    return bool(bid["price"] > 10_000)


def project(bid: dict[str, Any]) -> Projected:
    """Auction, bidder, price in another currency."""
    return bid["auction"], bid["bidder"], bid["price"] * 908 // 1000


def event(line: str) -> Event:
    """Auction and event time, epoch ms."""
    bid = json.loads(line)
    return bid["auction"], bid["dateTime"]


def auction(record: Event) -> int:
    return record[0]


def time_of(record: Event) -> int:
    return record[1]


class Count:
    """What an AggregateFunction does."""

    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Event, accumulator: int) -> int:
        return accumulator + 1

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, a: int, b: int) -> int:
        return a + b
