"""What a run of a workload gave: from the summaries that its sinks left, or from results that a JVM wrote as text."""

import json
import re
from collections import Counter
from pathlib import Path

from benchmarks.workloads import Summary, newest

#: `(word,1)` of DataStream tuples, `+U[word, 1]` of a table's changelog
_RESULT = re.compile(r"(?:\((.*)\)|(\+I|-U|\+U|-D)\[(.*)\])")


def check(what: str, found: Summary, expected: Summary) -> None:
    """ValueError unless they are the same."""
    if found != expected:
        raise ValueError(f"{what}: the results are {found}, not {expected}")


def summed(folder: Path) -> Summary:
    """Of all subtasks."""
    total: Counter[str] = Counter()
    for file in folder.glob("*.json"):
        total.update(json.loads(file.read_bytes()))
    return dict(total)


def of_text(folder: Path, workload: str) -> Summary:
    """Of files with a result a line. What a changelog takes back is no result of its own."""
    last: dict[str, int] = {}
    results = checksum = 0
    for file in folder.iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            match = _RESULT.fullmatch(line)
            if match is None:
                raise ValueError(f"{file}: {line!r} is no result")
            if match[2] in ("-U", "-D"):
                continue
            fields = [part.strip() for part in (match[1] or match[3]).split(",")]
            results += 1
            if workload in ("json", "window"):
                checksum += hash(tuple(map(int, fields)))
            else:
                last[fields[0]] = max(last.get(fields[0], 0), int(fields[1]))
    if workload in ("json", "window"):
        return {"results": results, "checksum": checksum}
    return {"results": results, **newest(last)}
