"""State of each kind, filled by two records a key: as a plain dict holds it, and as a keyed state."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

Pair = tuple[str, int]

#: record -> (key, number), of so many keys; a key is text of its own in each record
Record = Callable[[int], Pair]


def record_of(keys: int) -> Record:
    return lambda n: (f"user {n % keys}", n)


def key(record: Pair) -> str:
    return record[0]


def add(a: Pair, b: Pair) -> Pair:
    return a[0], a[1] + b[1]


def into_dict(kind: str, state: dict[str, Any], record: Pair) -> None:
    """What a user writes without an engine."""
    name, number = record
    match kind:
        case "value":
            state[name] = state.get(name, 0) + number
        case "reduce":
            state[name] = add(state[name], record) if name in state else record
        case "list":
            state.setdefault(name, []).append(number)
        case "map":
            state.setdefault(name, {})[number] = number


def arguments() -> argparse.Namespace:
    """`keys`, `kind`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, required=True)
    parser.add_argument("--kind", choices=("value", "reduce", "list", "map"), required=True)
    return parser.parse_args()


def print_peak() -> None:
    """Bytes, the highest resident set of this process."""
    # getrusage's begins with that of the process which started this one
    lines = Path("/proc/self/status").read_text().splitlines()
    print("peak", next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")))
