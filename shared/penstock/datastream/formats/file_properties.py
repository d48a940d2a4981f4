"""Settings of a file format, as Hadoop names them."""

from collections.abc import Mapping

from penstock.common.configuration import Configuration


def properties_of(configuration: Configuration | None) -> dict[str, str]:
    """TypeError for what is no Configuration."""
    if configuration is None:
        return {}
    if not isinstance(configuration, Configuration):
        raise TypeError(f"a Configuration is needed, not {configuration!r}")
    return {key: str(value) for key, value in configuration.to_dict().items()}


def bytes_of(properties: Mapping[str, str], key: str, default: int) -> int:
    """ValueError for what is no positive number."""
    text = properties.get(key, str(default))
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"{key} must be a positive number of bytes, not {text!r}")
    return int(text)
