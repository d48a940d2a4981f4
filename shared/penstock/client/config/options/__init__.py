"""Every key that has an effect, by area. `ALL` maps each key to its option, `AREAS` a title to its module."""

from penstock.client.config.option import ConfigOption
from penstock.client.config.options import (
    checkpointing,
    cluster,
    execution,
    filesystems,
    metrics,
    rest,
    security,
    state,
    tap,
)

AREAS = {
    "Cluster": cluster,
    "REST": rest,
    "Security": security,
    "Jobs": execution,
    "Checkpoints and restarts": checkpointing,
    "State": state,
    "File systems": filesystems,
    "Metrics": metrics,
    "Wire tap": tap,
}
ALL: dict[str, ConfigOption[object]] = {
    option.key: option for area in AREAS.values() for option in vars(area).values() if isinstance(option, ConfigOption)
}
#: an old key -> the option it falls back for
BY_OLD_KEY: dict[str, ConfigOption[object]] = {
    old: option for option in ALL.values() for old in option.old_keys if old not in ALL
}

__all__ = [
    "ALL",
    "AREAS",
    "BY_OLD_KEY",
    "checkpointing",
    "cluster",
    "execution",
    "filesystems",
    "metrics",
    "rest",
    "security",
    "state",
    "tap",
]
