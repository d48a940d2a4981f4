"""Functions of the JVM: names to import, which raise on use. Source: `pyflink.datastream.functions`."""

from typing import Any, NoReturn

from penstock.common.jvm import no_jvm


class JavaFunctionWrapper:
    """A function object of the JVM: JvmNotAvailableError."""

    def __init__(self, j_function: Any) -> None:
        no_jvm(f"{type(self).__name__}({j_function!r})")

    def get_java_function(self) -> NoReturn:
        no_jvm(f"{type(self).__name__}.get_java_function")


class SourceFunction(JavaFunctionWrapper):
    """Flink's old kind of source, written in Java: use `from_source`."""

    def __init__(self, source_func: Any) -> None:
        no_jvm(f"SourceFunction({source_func!r}), use env.from_source(…) instead")


class SinkFunction(JavaFunctionWrapper):
    """Flink's old kind of sink, written in Java: use `sink_to`."""

    def __init__(self, sink_func: Any) -> None:
        no_jvm(f"SinkFunction({sink_func!r}), use sink_to(…) instead")
