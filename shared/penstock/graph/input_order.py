"""The orders in which an operator of a batch job may read an input."""

from typing import Literal

#: BY_KEY: key after key, by timestamp, and never two keys in one batch. SORTED: the same, in batches of any keys.
#: BY_TIME: only what has timestamps is sorted, the rest goes on at once. FIRST: before all others. LAST: behind FIRST.
InputOrder = Literal["BY_KEY", "SORTED", "BY_TIME", "FIRST", "LAST"]
