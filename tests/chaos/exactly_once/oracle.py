"""What `program.py` must give, computed with plain Python over the same numbers."""

from collections import Counter, defaultdict

from tests.chaos.exactly_once.program import Record, record

_TUMBLING, _GAP = 1000, 700  #: ms


def expected(count: int, keys: int) -> dict[str, Counter[str]]:
    """Output name -> how often each line is to be there."""
    by_key: dict[int, list[Record]] = defaultdict(list)
    for number in range(count):
        one = record(number, keys)
        by_key[one[1]].append(one)
    lines: dict[str, Counter[str]] = {name: Counter() for name in ("totals", "tumbling", "sessions", "pairs")}
    for key, records in by_key.items():
        total = 0
        for n, (number, _, _) in enumerate(records, 1):
            total += number
            lines["totals"][f"{key},{n},{total}"] += 1
            lines["pairs"][f"{number}"] += 1
        windows: dict[int, list[int]] = defaultdict(list)
        for number, _, time in records:
            windows[time - time % _TUMBLING].append(number)
        for start, numbers in windows.items():
            lines["tumbling"][f"{key},{start},{start + _TUMBLING},{len(numbers)},{sum(numbers)}"] += 1
        for session in _sessions(records):
            numbers = [number for number, _, _ in session]
            start, end = session[0][2], session[-1][2] + _GAP
            lines["sessions"][f"{key},{start},{end},{len(numbers)},{sum(numbers)}"] += 1
    return lines


def _sessions(records: list[Record]) -> list[list[Record]]:
    found = [[records[0]]]
    for one in records[1:]:
        # windows [time, time + gap) that touch are one, as in Flink
        if one[2] <= found[-1][-1][2] + _GAP:
            found[-1].append(one)
        else:
            found.append([one])
    return found
