"""What only concerns Flink's JVM: settings are accepted with one warning, objects of the JVM raise on use."""

import warnings
from typing import NoReturn

_warned: set[str] = set()


class JvmNotAvailableError(RuntimeError):
    """A program wants to reach into Flink's JVM."""


class NoEffectWarning(UserWarning):
    """A setting is kept, but nothing here depends on it."""


def no_jvm(what: str) -> NoReturn:
    """JvmNotAvailableError."""
    raise JvmNotAvailableError(f"{what}: Penstock runs without a JVM, so Java classes are out of reach")


def warn_no_effect(what: str, why: str = "Penstock runs without a JVM") -> None:
    """Warn that a setting has no effect, once a process for each."""
    if what not in _warned:
        _warned.add(what)
        warnings.warn(f"{what} has no effect: {why}", NoEffectWarning, stacklevel=3)
