"""Configuration: Flink's keys and the user's, all text. Source: `pyflink.common.configuration`."""

import base64
from collections.abc import Mapping
from datetime import timedelta

__all__ = ["Configuration"]


class Configuration:
    """A string map with typed accessors. Reading a value as a type that it is not raises ValueError naming the key."""

    def __init__(self, other: "Configuration | None" = None) -> None:
        self._entries: dict[str, str] = dict(other._entries) if other is not None else {}

    @classmethod
    def from_dict(cls, map: Mapping[str, str]) -> "Configuration":
        configuration = cls()
        for key, value in map.items():
            configuration.set_string(key, value)
        return configuration

    def get_string(self, key: str, default_value: str) -> str:
        return self._entries.get(key, default_value)

    def set_string(self, key: str, value: str) -> "Configuration":
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"key and value must be text: {key!r}: {value!r}")
        self._entries[key] = value
        return self

    def get_integer(self, key: str, default_value: int) -> int:
        return int(self._parsed(key, int)) if key in self._entries else default_value

    def set_integer(self, key: str, value: int) -> "Configuration":
        return self.set_string(key, str(int(value)))

    def get_float(self, key: str, default_value: float) -> float:
        return float(self._parsed(key, float)) if key in self._entries else default_value

    def set_float(self, key: str, value: float) -> "Configuration":
        return self.set_string(key, str(float(value)))

    def get_boolean(self, key: str, default_value: bool) -> bool:
        """`true` and `false` in any case."""
        if key not in self._entries:
            return default_value
        value = self._entries[key].lower()
        if value not in ("true", "false"):
            raise ValueError(f"Could not parse value {self._entries[key]!r} for key {key!r}: true or false is expected")
        return value == "true"

    def set_boolean(self, key: str, value: bool) -> "Configuration":
        return self.set_string(key, "true" if value else "false")

    def get_bytearray(self, key: str, default_value: bytearray) -> bytearray:
        """What `set_bytearray` stored (base64 text)."""
        if key not in self._entries:
            return default_value
        try:
            return bytearray(base64.b64decode(self._entries[key], validate=True))
        except ValueError as e:
            raise ValueError(f"Could not parse value {self._entries[key]!r} for key {key!r} as bytes: {e}") from None

    def set_bytearray(self, key: str, value: bytearray) -> "Configuration":
        return self.set_string(key, base64.b64encode(bytes(value)).decode())

    def _millis(self, key: str, default_value: int) -> int:
        # text such as "200 ms" or "10 min"; a bare number is milliseconds
        from penstock.client.config.values import parse_duration

        if key not in self._entries:
            return default_value
        try:
            return int(parse_duration(self._entries[key]) / timedelta(milliseconds=1))
        except ValueError as e:
            raise ValueError(f"Could not parse value {self._entries[key]!r} for key {key!r}: {e}") from None

    def _parsed(self, key: str, parse: "type[int] | type[float]") -> float:
        try:
            return parse(self._entries[key])
        except ValueError:
            raise ValueError(
                f"Could not parse value {self._entries[key]!r} for key {key!r} as {parse.__name__}"
            ) from None

    def key_set(self) -> set[str]:
        return set(self._entries)

    def contains_key(self, key: str) -> bool:
        return key in self._entries

    def remove_config(self, key: str) -> bool:
        """Remove a key; False where it was not there."""
        return self._entries.pop(key, None) is not None

    def add_all(self, other: "Configuration", prefix: str | None = None) -> "Configuration":
        """Take every entry of `other`, its keys with `prefix` before them."""
        for key, value in other._entries.items():
            self._entries[(prefix or "") + key] = value
        return self

    def add_all_to_dict(self, target_dict: dict[str, str]) -> None:
        target_dict.update(self._entries)

    def to_dict(self) -> dict[str, str]:
        return dict(self._entries)

    @staticmethod
    def parse_list_value(value: str | list[str]) -> list[str]:
        """The elements of a list option: `a;b`, or a YAML list `[a, b]`."""
        if isinstance(value, list):
            return value
        text = value.strip()
        if text.startswith("["):
            import yaml  # only here: it costs more to import than all of the API

            return [str(v) for v in yaml.safe_load(text)]
        return [v.strip() for v in text.split(";") if v.strip()]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self._entries == other._entries

    def __hash__(self) -> int:
        return hash(frozenset(self._entries.items()))

    def __str__(self) -> str:
        return "{" + ", ".join(f"{k}={v}" for k, v in self._entries.items()) + "}"
