"""`/jobmanager/config` and `/jobmanager/environment`: settings without their secrets, and the interpreter."""

import platform
import sys
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from penstock.client.config import Configuration

_HIDDEN = "******"


def configuration_entries(configuration: Configuration) -> list[dict[str, str]]:
    """`[{"key", "value"}]`, sorted: secrets as `******`, URLs without their passwords."""
    return [{"key": key, "value": shown(value)} for key, value in configuration.masked().items()]


def shown(value: str) -> str:
    """A value, or a list of them, as it may be seen."""
    return ";".join(_without_password(part) for part in value.split(";"))


def _without_password(text: str) -> str:
    if "://" not in text or "@" not in text:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return _HIDDEN
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return text
    name, colon, _ = user.partition(":")
    return urlunsplit(parts._replace(netloc=f"{name}:{_HIDDEN}@{host}" if colon else f"{_HIDDEN}@{host}"))


def environment() -> dict[str, Any]:
    """The interpreter in the place of Flink's JVM, `sys.path` in that of its class path."""
    return {
        "jvm": {
            "version": f"{platform.python_implementation()} {sys.version}",
            "arch": platform.machine(),
            "options": [f"-X {name}={value}" for name, value in sorted(sys._xoptions.items())]
            + [f"-W {option}" for option in sys.warnoptions],
        },
        "classpath": list(sys.path),
    }
