"""Configuration: an immutable map from keys to text, read by typed options."""

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar, overload

from penstock.client.config.option import ConfigOption
from penstock.client.config.values import to_text

T = TypeVar("T")
D = TypeVar("D")

#: a key that contains one of these has a secret value (Flink's GlobalConfiguration.SENSITIVE_KEYS)
SENSITIVE = (
    "password",
    "secret",
    "fs.azure.account.key",
    "apikey",
    "api-key",
    "auth-params",
    "service-key",
    "token",
    "basic-auth",
    "jaas.config",
    "http-headers",
)


#: the password in a URL
_IN_URL = re.compile(r"(?<=://)([^/?#\s;,:@]*):[^/?#\s;@]*@")


def masked_value(key: str, value: str) -> str:
    """What may be shown of a setting."""
    if any(word in key.lower() for word in SENSITIVE):
        return "******"
    return _IN_URL.sub(r"\1:******@", value)


class Configuration(Mapping[str, str]):
    """What was set, as text; `get(OPTION)` adds types and defaults. As a mapping it holds only what was set.

    `load_configuration` has checked keys and values; one made from a dict is checked as it is read.
    """

    def __init__(self, entries: Mapping[str, object] | None = None) -> None:
        self._entries = {
            key: value if isinstance(value, str) else to_text(value) for key, value in (entries or {}).items()
        }

    @overload  # type: ignore[override]
    def get(self, option: ConfigOption[T], /) -> T: ...
    @overload
    def get(self, option: str, default: None = None, /) -> str | None: ...
    @overload
    def get(self, option: str, default: str, /) -> str: ...
    def get(self, option: ConfigOption[T] | str, default: str | None = None, /) -> T | str | None:
        """An option's typed value or default (KeyError where it has neither); of a plain key, its text or `default`."""
        if isinstance(option, str):
            return self._entries.get(option, default)
        found = self.find(option)
        if found is None:
            raise KeyError(f"{option.key} is not set and has no default: {option.doc}")
        return found

    def find(self, option: ConfigOption[T]) -> T | None:
        """An option's typed value, its default, or None where it has neither. ValueError: ill-typed."""
        text = self.text_of(option)
        return None if text is None else option.parse(text)

    def text_of(self, option: ConfigOption[T]) -> str | None:
        """An option's value as text: set, set under an old key, or the default."""
        for key in (option.key, *option.old_keys):
            if key in self._entries:
                return self._entries[key]
        return option.default

    def get_string(self, key: str, default_value: str) -> str:
        """A key's text, as PyFlink's Configuration reads it: `default_value` where it was not set."""
        return self._entries.get(key, default_value)

    def is_set(self, option: ConfigOption[T]) -> bool:
        """Whether the option was set, under its key or an old one."""
        return any(key in self._entries for key in (option.key, *option.old_keys))

    def with_overrides(self, entries: Mapping[str, object]) -> "Configuration":
        """A copy in which `entries` win."""
        return Configuration({**self._entries, **entries})

    def to_dict(self) -> dict[str, str]:
        """What was set, as text: travels with jobs and to child processes."""
        return dict(self._entries)

    def masked(self) -> dict[str, str]:
        """What was set, secrets as `******`: fit to be shown."""
        return {key: masked_value(key, value) for key, value in sorted(self._entries.items())}

    def __getitem__(self, key: str) -> str:
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Configuration({self.masked()})"
