"""There is no JVM: every use says so. Source: `pyflink.java_gateway`."""

from typing import Any, NoReturn

from penstock.common.jvm import JvmNotAvailableError, no_jvm

__all__ = ["JvmNotAvailableError", "get_gateway", "is_launch_gateway_disabled", "set_java_gateway"]


def get_gateway() -> NoReturn:
    """JvmNotAvailableError."""
    no_jvm("get_gateway()")


def set_java_gateway(gateway: Any) -> NoReturn:
    """JvmNotAvailableError."""
    no_jvm("set_java_gateway()")


def is_launch_gateway_disabled() -> bool:
    """True: no gateway is ever launched."""
    return True
