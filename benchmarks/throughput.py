"""Words per CPU second, peers side by side: the difference of a long and a short run, so that start-up is out of it."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cluster import Cluster
from benchmarks.command import Taken
from benchmarks.exchange_traffic import traffic_of
from benchmarks.peers import PEERS, Peer
from benchmarks.results_check import check, counts_of
from benchmarks.spread import spread
from benchmarks.text import write_text

SHORT, LONG = 1, 4  #: times the text

Say = Callable[[str], None]


def measure(cluster: Cluster, folder: Path, rounds: int, say: Say) -> list[dict[str, Any]]:
    """A row for each peer; the peers take turns, so that what disturbs the machine disturbs all."""
    text = folder / "text.txt"
    write_text(text)
    once = counts_of(text)
    added = (LONG - SHORT) * once.total()
    rates: dict[Peer, list[float]] = defaultdict(list)
    walls: dict[Peer, list[float]] = defaultdict(list)
    starts: dict[Peer, list[float]] = defaultdict(list)
    traffic: dict[Peer, dict[str, float]] = {}
    for number in range(rounds):
        for peer in (p for group in PEERS.values() for p in group):
            short, _ = _checked(peer, cluster, text, once, SHORT)
            long, job = _checked(peer, cluster, text, once, LONG)
            rates[peer].append(added * peer.at_once / (long.cpu - short.cpu))
            walls[peer].append(added * peer.at_once / (long.wall - short.wall))
            starts[peer].append(max(0.0, short.cpu - (long.cpu - short.cpu) * SHORT / (LONG - SHORT)))
            if job is not None:
                traffic[peer] = traffic_of(cluster, job)
            say(f"round {number + 1}: {peer.name}, {peer.sink} sink: {rates[peer][-1]:,.0f} words per CPU second")
    return [
        _row(peer, group[0], rates, walls, starts, traffic.get(peer, {})) for group in PEERS.values() for peer in group
    ]


def _checked(peer: Peer, cluster: Cluster, text: Path, once: Counter[str], repeat: int) -> tuple[Taken, str | None]:
    output = text.parent / "output"
    taken, job = peer.count(cluster, ["--text", str(text), "--repeat", str(repeat)], output)
    for copy in range(peer.at_once):
        check(peer.sink, output / str(copy), once, repeat)
    shutil.rmtree(output)
    return taken, job


def _row(
    peer: Peer,
    first: Peer,
    rates: dict[Peer, list[float]],
    walls: dict[Peer, list[float]],
    starts: dict[Peer, list[float]],
    traffic: dict[str, float],
) -> dict[str, Any]:
    rate = spread(rates[peer])
    # round by round: what else runs on the machine changes over minutes
    ratio = spread([own / bare for own, bare in zip(rates[peer], rates[first], strict=True)])
    return {
        "peer": peer.name,
        "sink": peer.sink,
        "words_per_cpu_s": round(rate.median),
        "noise": round(rate.noise, 3),
        # what else runs only ever adds to CPU seconds (caches, cores that share), so the best is the least disturbed
        "best_words_per_cpu_s": round(max(rate.values)),
        "best_ratio_to_bare": round(max(rate.values) / max(rates[first]), 3),
        "ratio_to_bare": round(ratio.median, 3),
        "ratio_noise": round(ratio.noise, 3),
        "us_cpu_per_word": round(1e6 / rate.median, 3),
        "words_per_wall_s": round(spread(walls[peer]).median),
        "start_up_cpu_s": round(spread(starts[peer]).median, 2),
        "rounds": [round(value) for value in rates[peer]],
        **traffic,
    }
