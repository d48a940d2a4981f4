"""The figures as Markdown."""

from typing import Any

from benchmarks.report_checkpoints import checkpoints, latency
from benchmarks.report_growth import growth, memory
from benchmarks.report_workloads import workloads
from benchmarks.tables import table


def markdown(figures: dict[str, Any]) -> str:
    """A section for each part that was measured."""
    parts = [
        write(figures[name])
        for name, write in (
            ("workloads", workloads),
            ("throughput", _throughput),
            ("demo", _demo),
            ("start_latency", _start_latency),
            ("local_start", _local_start),
            ("exchange", _exchange),
            ("latency", latency),
            ("checkpoints", checkpoints),
            ("rest", _rest),
            ("growth", growth),
            ("memory", memory),
        )
        if name in figures
    ]
    return "\n\n".join(parts) + "\n"


def _throughput(rows: list[dict[str, Any]]) -> str:
    head = (
        "word count",
        "sink",
        "words per CPU s",
        "noise",
        "of bare",
        "best",
        "of bare's best",
        "µs CPU a word",
        "words per wall s",
        "B/record",
    )
    body = [
        (
            row["peer"],
            row["sink"],
            f"{row['words_per_cpu_s']:,}",
            f"{row['noise']:.0%}",
            f"{row['ratio_to_bare']:.2f}",
            f"{row['best_words_per_cpu_s']:,}",
            f"{row['best_ratio_to_bare']:.2f}",
            f"{row['us_cpu_per_word']:.2f}",
            f"{row['words_per_wall_s']:,}",
            row.get("bytes_per_record", "-"),
        )
        for row in rows
    ]
    return "### Words per CPU second\n\n" + table(head, body)


def _demo(demo: dict[str, Any]) -> str:
    exchange = demo["exchange"]
    facts = [
        ("words", f"{demo['words']:,}"),
        ("wall seconds of `penstock run`", f"{demo['wall_s']} (noise {demo['wall_noise']:.0%})"),
        ("wall seconds of the job", demo["job_s"]),
        ("CPU seconds, client and cluster", demo["cpu_s"]),
        ("wall seconds of `penstock cluster start`", demo["cluster_start_s"]),
        ("bytes per record (a quarter stays in its slot: 0 bytes)", exchange["bytes_per_record"]),
        *((f"peak memory that {name} uses, MiB", size) for name, size in demo["redis_peak_used_mib"].items()),
    ]
    memory = [(name, m["processes"], m["largest"], m["smallest"]) for name, m in demo["peak_rss_mib"].items()]
    return "\n\n".join(
        (
            "### `make demo`'s job (p=4)",
            table(("", ""), facts),
            table(("peak RSS, MiB", "processes seen", "largest", "smallest"), memory),
        )
    )


def _rest(rest: dict[str, Any]) -> str:
    facts = [
        ("requests a second", rest["achieved_per_second"]),
        ("answered within, p50 and p99, ms", f"{rest['p50_ms']}, {rest['p99_ms']}"),
        (
            f"dispatcher, of a core (goal: below {rest['goals']['dispatcher_cores']})",
            f"{rest['dispatcher_cores']}, without them {rest['dispatcher_cores_idle']}",
        ),
        ("records per CPU second of the slots", f"{rest['records_per_slot_cpu_s']:,}"),
        ("without them", f"{rest['records_per_slot_cpu_s_alone']:,}"),
        (f"change (goal: within {rest['goals']['change']:.0%})", f"{rest['change']:+.1%}"),
        ("of each round", ", ".join(f"{change:+.1%}" for change in rest["changes"])),
    ]
    return f"### {rest['rate']} REST requests a second beside a job\n\n" + table(("", ""), facts)


def _local_start(start: dict[str, Any]) -> str:
    rows = [*start["ms"].items(), ("the job beyond the imports", start["beyond_imports_ms"])]
    goal = f"goal: < {start['goal_ms']} ms: {'met' if start['met'] else 'not met'}"
    return f"### Start of a ten-line job in one process ({goal})\n\n" + table(("", "ms"), rows)


def _start_latency(latency: dict[str, Any]) -> str:
    lines: list[tuple[object, ...]] = []
    before = None
    for name, at in latency["steps"].items():
        lines.append((name, at, "" if before is None else f"{at - before:.1f}"))
        before = at
    head = f"### Job start (p=4): p50 {latency['p50_ms']} ms, {latency['least_ms']} to {latency['most_ms']}"
    return f"{head}, of {latency['jobs']}\n\n" + table(("reached", "ms after execute()", "step"), lines)


def _exchange(rows: list[dict[str, Any]]) -> str:
    body = [(row["way"], row["mb_per_cpu_s"], f"{row['noise']:.0%}", row["of_bare"]) for row in rows]
    head = ("one process, one channel, entries of 32 KiB", "MB of payload per CPU s", "noise", "of bare")
    return "### The exchange alone\n\n" + table(head, body)
