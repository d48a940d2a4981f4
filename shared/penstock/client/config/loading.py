"""load_configuration: defaults < config.yaml < environment < `-D`, names and values checked."""

import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

from penstock.client.config import sources
from penstock.client.config.configuration import Configuration
from penstock.client.config.errors import ConfigurationError
from penstock.client.config.known_keys import nearest, standing
from penstock.client.config.options import ALL, BY_OLD_KEY, security
from penstock.client.config.values import to_text

#: values of these are no business of whoever lists processes
_SECRETS = frozenset((security.SECRET.key, security.TRUSTED.key, security.TOKEN.key, security.REDIS_PASSWORD.key))


class ConfigurationWarning(UserWarning):
    """A key of Flink's that has no effect here."""


def check(settings: Mapping[str, str], where: str) -> tuple[list[str], list[str]]:
    """(problems, keys without effect) of one source's settings."""
    problems: list[str] = []
    without_effect: list[str] = []
    for key, value in settings.items():
        match standing(key):
            case "unknown":
                problems.append(f"{where}: there is no key {key}; the nearest is {nearest(key)}")
            case "no effect":
                without_effect.append(key)
            case "effective":
                option = ALL.get(key) or BY_OLD_KEY[key]
                try:
                    option.parse(value)
                except ValueError as error:
                    problems.append(f"{where}: {error}")
            case "user":
                pass
    return problems, without_effect


def load_configuration(
    overrides: Iterable[str] | Mapping[str, object] = (),
    config_file: Path | str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Configuration:
    """The effective configuration.

    overrides: `key=value` texts as given by -D, or a mapping.
    config_file: instead of the search ($PENSTOCK_CONF_DIR, ./conf).
    ConfigurationError lists every unknown key with its nearest, and every ill-typed value.
    Warns once of keys without effect.
    """
    environ = os.environ if environ is None else environ
    file = Path(config_file) if config_file is not None else sources.config_file(environ)
    if isinstance(overrides, Mapping):
        options = {key: value if isinstance(value, str) else to_text(value) for key, value in overrides.items()}
    else:
        options = sources.from_options(overrides)
    layers = {
        **({str(file): sources.from_file(file)} if file else {}),
        f"${sources.PROPERTIES}": sources.from_environment(environ),
        "-D": options,
    }
    problems: list[str] = []
    without_effect: dict[str, None] = {}
    for where, settings in layers.items():
        wrong, idle = check(settings, where)
        problems += wrong
        without_effect |= dict.fromkeys(idle)
    if problems:
        raise ConfigurationError(problems)
    if without_effect:
        warnings.warn(f"no effect here: {', '.join(without_effect)}", ConfigurationWarning, stacklevel=2)
    entries: dict[str, str] = {}
    for settings in layers.values():
        for key, value in settings.items():
            if option := ALL.get(
                key
            ):  # a lower layer's old key must not be read where this layer sets the new one, and vice versa
                for old in option.old_keys:
                    if old not in ALL:
                        entries.pop(old, None)
            elif (option := BY_OLD_KEY.get(key)) and option.key not in settings:
                entries.pop(option.key, None)
            entries[key] = value
    return Configuration(entries)


def service_configuration(argv: Iterable[str]) -> Configuration:
    """The configuration of `python -m penstock_<service> [-D key=value …]`, which takes nothing else."""
    settings, others = sources.split_arguments(argv)
    if others:
        raise ConfigurationError([f"unexpected argument {others[0]!r}; a service takes only -D key=value"])
    told = [key for key, value in sources.from_options(settings).items() if key in _SECRETS and value[:5] != "file:"]
    if told:
        raise ConfigurationError(
            [f"-D {key}: command lines can be read by others; name a file, {key}=file:PATH" for key in told]
        )
    return load_configuration(settings)
