"""Checkpoints and latency as Markdown."""

from typing import Any

from benchmarks.tables import table


def checkpoints(figures: dict[str, Any]) -> str:
    rate, jobs, snapshots = figures["rate"], figures["jobs"], figures["snapshots"]
    facts = [(name, f"{rate['per_cpu_s'][name]:,}", f"{rate['per_wall_s'][name]:,}") for name in rate["per_cpu_s"]]
    verdict = "met" if rate["ratio"] >= rate["goal"] else "not met"
    facts.append((f"ratio; goal >= {rate['goal']}: {verdict}", rate["ratio"], rate["wall_ratio"]))
    return "\n\n".join(
        (
            f"### Checkpoints: the rate of word count at p=2 ({rate['checkpoints']} checkpoints)",
            table(("checkpoints", "words per CPU s", "words per wall s"), facts),
            "### Checkpoints of a running job (p=2), by the size of its state",
            table(
                (
                    "backend, MB",
                    "pause ms",
                    "async ms",
                    "duration ms",
                    "state MB",
                    "next: pause ms",
                    "duration ms",
                    "written MB",
                    "start ms",
                    "restore ms",
                ),
                [_job(row) for row in jobs],
            ),
            "### Snapshots alone",
            table(
                ("kind, MB", "pause ms", "duration s", "restore s", "parent MB", "copied MB"),
                [
                    (
                        f"{row['kind']}, {row['size']:g}",
                        *(f"{row[name]:.3g}" for name in ("pause", "duration", "restore", "parent", "copied")),
                    )
                    for row in snapshots
                ],
            ),
        )
    )


def _job(row: dict[str, Any]) -> tuple[object, ...]:
    first, second = row["first"], row["second"]
    return (
        f"{row['backend']}, {row['state_mb']:g}",
        first["pause_ms"],
        first["async_ms"],
        first["duration_ms"],
        f"{first['state'] / 1e6:.2f}",
        second["pause_ms"],
        second["duration_ms"],
        f"{second['written'] / 1e6:.2f}",
        row["start_ms"],
        row["restore_ms"],
    )


def latency(rows: list[dict[str, Any]]) -> str:
    body = [
        (
            row["where"],
            *(row[name] for name in ("p50_ms", "p90_ms", "p99_ms", "p999_ms")),
            f"< {row['goal_p99_ms']:g}" if "goal_p99_ms" in row else "",
            ("met" if row["p99_ms"] < row["goal_p99_ms"] else "not met") if "goal_p99_ms" in row else "",
        )
        for row in rows
    ]
    head = ("10,000 records/s, one shuffle", "p50 ms", "p90", "p99", "p99.9", "goal p99", "")
    return "### Latency\n\n" + table(head, body)
