"""Growth and memory as Markdown."""

from typing import Any

from benchmarks.tables import table


def growth(rows: list[dict[str, Any]]) -> str:
    """µs of CPU a record, for sliding windows a result."""
    body = [
        (
            f"{row['axis']} {row['at']:,}",
            f"{row['us_cpu']:.3f}",
            f"{row['noise']:.0%}",
            _number(row.get("loop_us_cpu"), ".3f"),
            f"{row['growth']:.2f}",
            _number(row["loop_growth"], ".2f"),
            f"{row['counts']:.2f}",
            "-" if row["goal"] is None else f"<= {row['goal']:g}",
            {True: "met", False: "not met", None: ""}[row["met"]],
        )
        for row in rows
    ]
    head = ("", "µs CPU", "noise", "loop µs", "growth", "loop's", "what counts", "goal", "")
    return "### Growth\n\n" + table(head, body)


def memory(figures: dict[str, Any]) -> str:
    """The base of a slot process, and bytes a key."""
    slots = figures["slots"]
    facts = [
        (f"slot process without a job, resident, MB (goal < {slots['goal_rss_mb']})", slots["rss_mb"]),
        ("the same with shared pages divided among their processes (PSS)", slots["pss_mb"]),
        ("highest resident set with a job of 1,000 keys, MB", slots["peak_rss_mb"]),
    ]
    body = [
        (
            row["kind"],
            row["dict_bytes"],
            row["local_bytes"],
            row["local_ratio"],
            row["cluster_bytes"],
            row["cluster_ratio"],
            "met" if row["met"] else "not met",
        )
        for row in figures["state"]
    ]
    head = (
        "state",
        "plain dict",
        "local",
        "x dict",
        "through Redis",
        "x dict",
        f"goal <= {figures['state'][0]['goal']:g}",
    )
    return "\n\n".join(
        (
            "### Memory",
            table(("", ""), facts),
            f"Bytes a key, {figures['keys']:,} keys, two records each:",
            table(head, body),
        )
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
