"""The workloads by runner as Markdown, with ratios to the loop and to each peer, and the goals."""

from typing import Any

from benchmarks.tables import table


def workloads(figures: dict[str, Any]) -> str:
    """A table for each workload, then what became of the goals."""
    rows: list[dict[str, Any]] = figures["rows"]
    parts = ["### Workloads side by side"]
    for name in dict.fromkeys(row["workload"] for row in rows):
        of_workload = [row for row in rows if row["workload"] == name]
        others = [row for row in of_workload if not row["runner"].startswith("Penstock")]
        head = (name, "per CPU s", "noise", "µs CPU", "start, CPU s", *(f"x {row['runner']}" for row in others))
        body = [
            (
                row["runner"],
                f"{row['per_cpu_s']:,}",
                f"{row['noise']:.0%}",
                f"{row['us_cpu']:.2f}",
                row["start_up_cpu_s"],
                *(_ratio(row["per_cpu_s"] / other["per_cpu_s"]) for other in others),
            )
            for row in of_workload
        ]
        parts.append(table(head, body))
    parts += [f"{row['workload']}, {row['runner']}: no figure, it failed" for row in figures["failed"]]
    if figures["goals"]:
        goals = [
            (
                f"{goal['workload']}: {goal['runner']}",
                goal["against"],
                f">= {goal['goal']:g}",
                _ratio(goal["ratio"]),
                "met" if goal["met"] else "not met",
            )
            for goal in figures["goals"]
        ]
        parts += ["### Goals", table(("records per CPU second", "against", "goal", "ratio", ""), goals)]
    return "\n\n".join(parts)


def _ratio(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.2f}"
