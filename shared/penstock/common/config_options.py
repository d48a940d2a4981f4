"""ConfigOption and its builders. Source: `pyflink.common.config_options`."""

from typing import Any, Generic, TypeVar

__all__ = ["ConfigOption", "ConfigOptions"]

T = TypeVar("T")


class ConfigOption(Generic[T]):
    """A key, the type of its value, and its default where it has one."""

    def __init__(self, key: str, value_type: type[T], default: T | None = None) -> None:
        self.key = key
        self.value_type = value_type
        self.default = default

    def __repr__(self) -> str:
        return f"ConfigOption(key={self.key!r}, type={self.value_type.__name__}, default={self.default!r})"


class ConfigOptions:
    """`ConfigOptions.key("my.key").int_type().default_value(3)`."""

    @staticmethod
    def key(key: str) -> "ConfigOptions.OptionBuilder":
        return ConfigOptions.OptionBuilder(key)

    class OptionBuilder:
        """Chooses the type of an option."""

        def __init__(self, key: str) -> None:
            self._key = key

        def boolean_type(self) -> "ConfigOptions.TypedConfigOptionBuilder[bool]":
            return ConfigOptions.TypedConfigOptionBuilder(self._key, bool)

        def int_type(self) -> "ConfigOptions.TypedConfigOptionBuilder[int]":
            return ConfigOptions.TypedConfigOptionBuilder(self._key, int)

        def long_type(self) -> "ConfigOptions.TypedConfigOptionBuilder[int]":
            return ConfigOptions.TypedConfigOptionBuilder(self._key, int)

        def float_type(self) -> "ConfigOptions.TypedConfigOptionBuilder[float]":
            return ConfigOptions.TypedConfigOptionBuilder(self._key, float)

        def double_type(self) -> "ConfigOptions.TypedConfigOptionBuilder[float]":
            return ConfigOptions.TypedConfigOptionBuilder(self._key, float)

        def string_type(self) -> "ConfigOptions.TypedConfigOptionBuilder[str]":
            return ConfigOptions.TypedConfigOptionBuilder(self._key, str)

    class TypedConfigOptionBuilder(Generic[T]):
        """Chooses the default of an option."""

        def __init__(self, key: str, value_type: type[T]) -> None:
            self._key = key
            self._value_type = value_type

        def default_value(self, value: T) -> ConfigOption[T]:
            return ConfigOption(self._key, self._value_type, value)

        def no_default_value(self) -> ConfigOption[Any]:
            return ConfigOption(self._key, self._value_type)
