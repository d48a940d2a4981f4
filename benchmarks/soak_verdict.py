"""Whether anything grew while a soak ran: its last third beside its first, without the beginning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

from benchmarks.soak_samples import SNAPSHOT, Sample

#: of the time: until then state fills and processes import what they need
_BEGINNING = 0.1
#: what is no growth: of a process 5% or 4 MB, whichever is more (allocators keep what they once took)
_MEMORY_SHARE, _MEMORY_BYTES = 0.05, 4_000_000
#: a stream's longest moment hits a sample or not
_STREAM_FACTOR, _STREAM_ENTRIES = 1.5, 64
_LATENCY_FACTOR, _LATENCY_MS = 1.25, 1.0
_RATE = 0.98

Line = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """`first`, `last`: of the thirds, in `unit`."""

    what: str
    unit: str
    first: float
    last: float
    ok: bool


def judge(samples: Sequence[Sample], lines: Sequence[Line], rate: float) -> list[Row]:
    """`lines`: what the sinks reported. `rate`: records a second that were asked for. ValueError: too short a run."""
    first, last = _thirds([s.time for s in samples])
    early, late = [_between(samples, span) for span in (first, last)]
    if len(early) < 2 or len(late) < 2:
        raise ValueError(f"{len(samples)} samples are too few to compare: let it run for longer")
    return [*_memory(early, late), *_streams(early, late), *_latency(lines, first, last), _rate(lines, last, rate)]


def _thirds(times: Sequence[float]) -> tuple[tuple[float, float], tuple[float, float]]:
    end = times[-1]
    begin = times[0] + _BEGINNING * (end - times[0])
    third = (end - begin) / 3
    return (begin, begin + third), (end - third, end)


def _between(samples: Sequence[Sample], span: tuple[float, float]) -> list[Sample]:
    return [sample for sample in samples if span[0] <= sample.time <= span[1]]


def _memory(early: Sequence[Sample], late: Sequence[Sample]) -> list[Row]:
    rows = []
    for name in dict.fromkeys(name for sample in early for name in sample.memory):
        before, after = [[s.memory[name] for s in part if name in s.memory] for part in (early, late)]
        if not after and name == SNAPSHOT:
            continue
        if not after:
            rows.append(Row(name, "MB resident", mean(before) / 1e6, 0.0, False))
            continue
        limit = mean(before) + max(_MEMORY_SHARE * mean(before), _MEMORY_BYTES)
        rows.append(Row(name, "MB resident", mean(before) / 1e6, mean(after) / 1e6, mean(after) <= limit))
    return rows


def _streams(early: Sequence[Sample], late: Sequence[Sample]) -> list[Row]:
    rows = []
    for name in early[0].streams:
        before, after = [max(s.streams[name] for s in part) for part in (early, late)]
        ok = after <= before * _STREAM_FACTOR + _STREAM_ENTRIES
        rows.append(Row(f"longest stream, {name}", "entries", before, after, ok))
    return rows


def _latency(lines: Sequence[Line], first: tuple[float, float], last: tuple[float, float]) -> list[Row]:
    rows = []
    for name in ("p50_ms", "p99_ms"):
        before, after = [
            median(line[name] for line in lines if span[0] <= line["time"] <= span[1] and name in line)
            for span in (first, last)
        ]
        ok = after <= before * _LATENCY_FACTOR + _LATENCY_MS
        rows.append(Row(f"latency {name[:3]}, median of 5 s", "ms", before, after, ok))
    return rows


def _rate(lines: Sequence[Line], last: tuple[float, float], rate: float) -> Row:
    """Of all subtasks in the last third."""
    total = 0.0
    for subtask in {line["subtask"] for line in lines}:
        own = [line for line in lines if line["subtask"] == subtask and last[0] <= line["time"] <= last[1]]
        total += (own[-1]["results"] - own[0]["results"]) / (own[-1]["time"] - own[0]["time"])
    return Row("records a second, asked for and had", "1/s", rate, total, total >= _RATE * rate)
