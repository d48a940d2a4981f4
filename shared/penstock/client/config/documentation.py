"""docs/configuration.md, made from the schema: `python -m penstock.client.config.documentation`."""

import sys

from penstock.client.config.option import ConfigOption
from penstock.client.config.options import AREAS

_HEAD = """\
# Configuration

Settings are Flink's keys, and keys of our own that start with `penstock.`. Later ones win:

1. the defaults below,
2. `config.yaml` in `$PENSTOCK_CONF_DIR`, else in `./conf` (nested and dotted keys are equal),
3. `$PENSTOCK_PROPERTIES`: `key: value` lines in the same form, as Flink's images read `FLINK_PROPERTIES`,
4. `-D key=value` of the CLI and of every service,
5. what a program sets in code.

An unknown key under a prefix of Flink's or ours is an error that names the nearest valid one; so is a value of the
wrong type. A key that Flink 2.3 has and that is not on this page is accepted with one warning: it has no effect here.
Keys under any other prefix are yours, and are kept. `Configuration` in code keeps any string.

Durations are `10 s`, `500 ms`, `1 min` (no unit: milliseconds); sizes `32 kb`, `64 mb` (powers of 1024, no unit:
bytes); lists `a;b` or a YAML list; maps `k1:v1,k2:v2` or a YAML mapping.

This page is made from the schema: `make docs`.
"""


def _row(option: ConfigOption[object]) -> str:
    default = "(none)" if option.default is None else f"`{option.default}`" if option.default else "(empty)"
    notes = option.doc.replace("|", "\\|")
    if option.flink_default is not None:
        notes += f" *Flink's default: `{option.flink_default}`.*"
    if option.old_keys:
        notes += f" Falls back on {', '.join(f'`{key}`' for key in option.old_keys)}."
    return f"| `{option.key}` | {option.type} | {default} | {notes} |"


def render() -> str:
    """The whole page."""
    lines = [_HEAD]
    for title, area in AREAS.items():
        lines += [f"## {title}", "", "| key | type | default | |", "|---|---|---|---|"]
        lines += [_row(option) for option in vars(area).values() if isinstance(option, ConfigOption)]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(render())
