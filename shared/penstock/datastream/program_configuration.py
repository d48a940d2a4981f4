"""What a program sets in its own configuration, checked before anything runs, as `-D` and config.yaml are."""

import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

_OURS = str(Path(__file__).resolve().parent.parent)
_warned: set[str] = set()


class UnknownKeyWarning(UserWarning):
    """A key that neither Penstock nor Flink has."""


def check_program_configuration(settings: Mapping[str, str]) -> None:
    """ValueError: a value that does not fit its key. A key that there is not is kept, as in Flink; one warning."""
    from penstock.client.config.known_keys import nearest, standing
    from penstock.client.config.options import ALL, BY_OLD_KEY

    for key, value in settings.items():
        option = ALL.get(key) or BY_OLD_KEY.get(key)
        if option is not None:
            option.parse(value)
        elif key not in _warned and standing(key) == "unknown":
            _warned.add(key)
            warnings.warn(
                f"the program's configuration has {key}, which is no key of Penstock's or Flink's and has no effect; "
                f"the nearest is {nearest(key)}",
                UnknownKeyWarning,
                stacklevel=_users_level(),
            )


def _users_level() -> int:
    """Of the first frame that is not ours, as `warnings.warn` counts."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame, level = frame.f_back, level + 1
    return level
