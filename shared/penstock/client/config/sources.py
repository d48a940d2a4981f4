"""Where settings come from: conf/config.yaml, the environment, `-D key=value`. Each becomes flat keys with texts."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from penstock.client.config.errors import ConfigurationError
from penstock.client.config.options import ALL
from penstock.client.config.values import to_text

CONF_DIR = "PENSTOCK_CONF_DIR"
PROPERTIES = "PENSTOCK_PROPERTIES"


def flatten(tree: Mapping[object, object], prefix: str = "") -> dict[str, str]:
    """Flat dotted keys of a YAML mapping: nested and dotted keys are equal. A Map option stays one value."""
    flat: dict[str, str] = {}
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and not (key in ALL and ALL[key].type == "Map"):
            flat |= flatten(value, key + ".")
        elif value is not None:
            flat[key] = to_text(dict(value) if isinstance(value, Mapping) else value)
    return flat


def from_yaml(text: str, where: str) -> dict[str, str]:
    """Settings of a YAML document. ConfigurationError: not YAML, or not a mapping."""
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError([f"{where} is not YAML: {' '.join(str(error).split())}"]) from None
    if tree is None:
        return {}
    if not isinstance(tree, Mapping):
        raise ConfigurationError(
            [f"{where}: expected `key: value` lines, found {type(tree).__name__} {str(tree)[:60]!r}"]
        )
    return flatten(tree)


def config_file(environ: Mapping[str, str]) -> Path | None:
    """config.yaml in $PENSTOCK_CONF_DIR, which must have one, else in ./conf, else none."""
    if directory := environ.get(CONF_DIR):
        file = Path(directory, "config.yaml")
        if not file.is_file():
            raise ConfigurationError([f"{CONF_DIR} is {directory}, which has no config.yaml"])
        return file
    file = Path("conf", "config.yaml")
    return file if file.is_file() else None


def from_file(file: Path) -> dict[str, str]:
    """Settings of a config.yaml. ConfigurationError: not there, or unreadable."""
    try:
        return from_yaml(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{file} cannot be read: {error}"]) from None


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings in $PENSTOCK_PROPERTIES: `key: value` lines, as in config.yaml (Flink's images: FLINK_PROPERTIES)."""
    return from_yaml(environ.get(PROPERTIES, ""), f"${PROPERTIES}")


def from_options(options: Iterable[str]) -> dict[str, str]:
    """Settings given as `key=value`, the text after `-D`. ConfigurationError: no `=`."""
    settings: dict[str, str] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not key.strip() or not equals:
            raise ConfigurationError([f"-D {option}: expected key=value"])
        settings[key.strip()] = value.strip()
    return settings


def split_arguments(argv: Iterable[str]) -> tuple[list[str], list[str]]:
    """(`-D` settings, all other arguments) of a command line; both `-Dk=v` and `-D k=v`."""
    settings: list[str] = []
    others: list[str] = []
    arguments = iter(argv)
    for argument in arguments:
        if argument == "-D":
            settings.append(next(arguments, ""))
        elif argument.startswith("-D"):
            settings.append(argument[2:])
        else:
            others.append(argument)
    return settings, others
