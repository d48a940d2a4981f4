"""What PyFlink converts to and from the JVM. Source: `pyflink.datastream.utils`."""

from abc import abstractmethod
from typing import Any, NoReturn

from penstock.common.jvm import no_jvm
from penstock.common.typeinfo import TypeInformation


class ResultTypeQueryable:
    """Something that knows the type of what it produces, such as a source."""

    @abstractmethod
    def get_produced_type(self) -> TypeInformation: ...


def create_hadoop_configuration(config: Any) -> NoReturn:
    """JvmNotAvailableError."""
    no_jvm("create_hadoop_configuration()")


def create_java_properties(config: Any) -> NoReturn:
    """JvmNotAvailableError."""
    no_jvm("create_java_properties()")


def convert_to_python_obj(data: Any, type_info: TypeInformation) -> NoReturn:
    """JvmNotAvailableError: records never leave Python."""
    no_jvm("convert_to_python_obj()")


def pickled_bytes_to_python_obj(data: Any, type_info: TypeInformation) -> NoReturn:
    """JvmNotAvailableError: records never leave Python."""
    no_jvm("pickled_bytes_to_python_obj()")
