"""TypeInformation, and the types without parts. Users import them from `penstock.common.typeinfo`."""

from enum import Enum


class TypeInformation:
    """Base of all type informations; two are equal where their class and their parts are."""

    def _parts(self) -> tuple[object, ...]:
        return ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, TypeInformation) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((type(self), self._parts()))


class BasicType(Enum):
    STRING = "String"
    BYTE = "Byte"
    BOOLEAN = "Boolean"
    SHORT = "Short"
    INT = "Integer"
    LONG = "Long"
    FLOAT = "Float"
    DOUBLE = "Double"
    CHAR = "Char"
    BIG_INT = "BigInteger"
    BIG_DEC = "BigDecimal"
    INSTANT = "Instant"


class BasicTypeInfo(TypeInformation):
    """Text, numbers, booleans, instants."""

    def __init__(self, basic_type: BasicType) -> None:
        self._basic_type = basic_type

    @property
    def basic_type(self) -> BasicType:
        return self._basic_type

    def _parts(self) -> tuple[object, ...]:
        return (self._basic_type,)

    def __repr__(self) -> str:
        return self._basic_type.value

    @staticmethod
    def STRING_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.STRING)

    @staticmethod
    def BOOLEAN_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.BOOLEAN)

    @staticmethod
    def BYTE_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.BYTE)

    @staticmethod
    def SHORT_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.SHORT)

    @staticmethod
    def INT_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.INT)

    @staticmethod
    def LONG_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.LONG)

    @staticmethod
    def FLOAT_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.FLOAT)

    @staticmethod
    def DOUBLE_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.DOUBLE)

    @staticmethod
    def CHAR_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.CHAR)

    @staticmethod
    def BIG_INT_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.BIG_INT)

    @staticmethod
    def BIG_DEC_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return BasicTypeInfo(BasicType.BIG_DEC)

    @staticmethod
    def INSTANT_TYPE_INFO() -> "BasicTypeInfo":  # noqa: N802
        return InstantTypeInfo(BasicType.INSTANT)


class InstantTypeInfo(BasicTypeInfo):
    """`penstock.common.Instant`."""


class LocalTimeTypeInfo(TypeInformation):
    """java.time's types without a zone: date, time, datetime."""

    class TimeType(Enum):
        LOCAL_DATE = 0
        LOCAL_TIME = 1
        LOCAL_DATE_TIME = 2

    def __init__(self, time_type: "LocalTimeTypeInfo.TimeType") -> None:
        self._time_type = time_type

    @property
    def time_type(self) -> "LocalTimeTypeInfo.TimeType":
        return self._time_type

    def _parts(self) -> tuple[object, ...]:
        return (self._time_type,)

    def __repr__(self) -> str:
        return f"LocalTimeTypeInfo({self._time_type.name})"


class ExternalTypeInfo(TypeInformation):
    """Another type, as the Table API marks it where it meets streams."""

    def __init__(self, type_info: TypeInformation) -> None:
        self._type_info = type_info

    @property
    def type_info(self) -> TypeInformation:
        return self._type_info

    def _parts(self) -> tuple[object, ...]:
        return (self._type_info,)

    def __repr__(self) -> str:
        return f"ExternalTypeInfo<{self._type_info!r}>"


class DateTypeInfo(TypeInformation):
    """datetime.date."""

    def __repr__(self) -> str:
        return "DateTypeInfo"


class TimeTypeInfo(TypeInformation):
    """datetime.time."""

    def __repr__(self) -> str:
        return "TimeTypeInfo"


class TimestampTypeInfo(TypeInformation):
    """datetime.datetime."""

    def __repr__(self) -> str:
        return "TimestampTypeInfo"


class SqlTimeTypeInfo(TypeInformation):
    """java.sql's types by name."""

    @staticmethod
    def DATE() -> DateTypeInfo:  # noqa: N802 (PyFlink's name)
        return DateTypeInfo()

    @staticmethod
    def TIME() -> TimeTypeInfo:  # noqa: N802
        return TimeTypeInfo()

    @staticmethod
    def TIMESTAMP() -> TimestampTypeInfo:  # noqa: N802
        return TimestampTypeInfo()


class PickledBytesTypeInfo(TypeInformation):
    """Any picklable Python object: what a stream without a declared type carries."""

    def __repr__(self) -> str:
        return "PickledByteArrayTypeInfo"
