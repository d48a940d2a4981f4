"""There is no JVM: every use says so. Source: `pyflink.util.java_utils`."""

from collections.abc import Callable
from typing import NoReturn

from penstock.common.jvm import no_jvm


def __getattr__(name: str) -> Callable[..., NoReturn]:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def unavailable(*args: object, **kwargs: object) -> NoReturn:
        no_jvm(f"{name}()")

    return unavailable
