"""What the exchange adds to bare XADD and XREAD of entries of the same size, in one process."""

import os
import time
from collections.abc import Callable
from typing import Any

from benchmarks.exchange_loops import through_exchange, through_redis
from benchmarks.spread import spread

RECORDS = 1_000_000
WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "runs", "away"]
BATCH = 1000

Batches = list[tuple[list[Any], list[Any]]]


def measure(url: str, rounds: int) -> list[dict[str, Any]]:
    """CPU seconds of this process for each way: Redis's own come on top in all of them."""
    made = _batches()
    size = through_exchange(url, made, 10 * BATCH) / (10 * BATCH)
    # the exchange's own entries, by their size
    records = int(32 * 1024 / size)
    records_bytes = RECORDS * size
    ready = [([os.urandom(32 * 1024)], [0]) for _ in range(16)]
    ways: dict[str, Callable[[], object]] = {
        "bare XADD, XREAD, XTRIM": lambda: through_redis(url, made, RECORDS, records, pickled=False),
        "the same and pickling": lambda: through_redis(url, made, RECORDS, records, pickled=True),
        "SlotExchange": lambda: through_exchange(url, made, RECORDS),
        # one record an entry, as large as the entries above: what carrying alone takes
        "SlotExchange, bytes that are ready": lambda: through_exchange(url, ready, RECORDS // records),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begin = time.process_time()
            way()
            taken[name].append(time.process_time() - begin)
    bare = spread(taken["bare XADD, XREAD, XTRIM"]).median
    return [
        {
            "way": name,
            "mb_per_cpu_s": round(records_bytes / 1e6 / spread(seconds).median),
            "noise": round(spread(seconds).noise, 3),
            "of_bare": round(bare / spread(seconds).median, 2),
        }
        for name, seconds in taken.items()
    ]


def _batches() -> Batches:
    """Word-count records and their keys, no two sharing an object, as they come from a file."""
    made = []
    for b in range(16):
        words = [(f"{WORDS[n % len(WORDS)]}{n + b}", 1) for n in range(BATCH)]
        made.append((words, [w for w, _ in words]))
    return made
