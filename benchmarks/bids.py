"""The input: bids in Nexmark's schema as JSON lines, the same for the same seed."""

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

_START = 1_700_000_000_000  #: epoch ms
_BIDS_PER_MS = 1  #: of event time
_CHANNELS = ("Apple", "Google", "Facebook", "Baidu", *(f"channel-{n}" for n in range(96)))


def bids(seed: int = 20_26) -> Iterator[str]:
    """Endless. As Nexmark's generator: three auctions for 46 bids, every second bid for the hot auction, the others
    for one of the last hundred; prices over six orders of magnitude."""
    chance = random.Random(seed)
    number = 0
    while True:
        newest = 1000 + number * 3 // 46
        hot = chance.random() < 0.5
        bid = {
            "auction": newest - newest % 100 if hot else newest - chance.randrange(100),
            "bidder": 1000 + chance.randrange(1000),
            "price": round(10 ** (chance.random() * 6) * 100),
            "channel": chance.choice(_CHANNELS),
            "url": f"https://www.nexmark.com/{chance.getrandbits(40):010x}/item.htm?query=1",
            "dateTime": _START + number // _BIDS_PER_MS,
            "extra": f"{chance.getrandbits(120):030x}",
        }
        yield json.dumps(bid, separators=(",", ":"))
        number += 1


def write_bids(file: Path, count: int) -> None:
    """The first `count` bids."""
    with file.open("w", encoding="ascii") as lines:
        lines.writelines(f"{bid}\n" for bid in islice(bids(), count))
