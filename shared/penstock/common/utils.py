"""JavaObjectWrapper. Source: `pyflink.common.utils`."""

from typing import Any, NoReturn

from penstock.common.jvm import no_jvm


class JavaObjectWrapper:
    """Base of what is nothing but an object of the JVM: it can be named, not made."""

    def __init__(self, j_object: Any) -> None:
        no_jvm(type(self).__name__)

    def get_java_object(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_object()")
