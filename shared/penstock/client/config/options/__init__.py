"""Every key that has an effect, by area. `ALL` maps each key to its option."""

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

ALL: dict[str, ConfigOption[object]] = {
    option.key: option
    for area in (rest, security, cluster, execution, checkpointing, state, filesystems, metrics, tap)
    for option in vars(area).values()
    if isinstance(option, ConfigOption)
}
#: an old key -> the option it falls back for
BY_OLD_KEY: dict[str, ConfigOption[object]] = {
    old: option for option in ALL.values() for old in option.old_keys if old not in ALL
}

__all__ = [
    "ALL",
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
