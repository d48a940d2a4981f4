"""What the configuration says of secrets. A value `file:PATH` stands for what the file holds."""

from functools import lru_cache
from pathlib import Path

from penstock.client.config import Configuration
from penstock.client.config.option import ConfigOption
from penstock.client.config.options import security
from penstock.security.bearer import Bearer
from penstock.security.keyring import UNSIGNED, Keyring

_FILE = "file:"
_LEAST_TOKEN = 16


def secret_text(option: ConfigOption[str], value: str) -> str:
    """The secret that a value is, or names by `file:PATH`. ValueError: no such file, or an empty one."""
    if not value.startswith(_FILE):
        return value
    try:
        text = Path(value[len(_FILE) :]).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{option.key}: the file cannot be read: {error}") from None
    if not text:
        raise ValueError(f"{option.key}: the file {value[len(_FILE) :]} is empty")
    return text


def find_secret(configuration: Configuration, option: ConfigOption[str]) -> str | None:
    """The value of a secret option, None where it is not set or empty. ValueError: its file cannot be read."""
    value = configuration.find(option)
    return secret_text(option, value) if value else None


def keyring_of(configuration: Configuration) -> Keyring:
    """ValueError names a secret that is too short or cannot be read."""
    secret, trusted = configuration.find(security.SECRET), configuration.get(security.TRUSTED)
    return _keyring(secret, trusted) if secret or trusted else UNSIGNED


@lru_cache(maxsize=16)
def _keyring(secret: str | None, trusted: tuple[str, ...]) -> Keyring:
    try:
        return Keyring(
            secret_text(security.SECRET, secret).encode() if secret else None,
            [secret_text(security.SECRET, value).encode() for value in trusted],
        )
    except ValueError as error:
        raise ValueError(f"{security.SECRET.key}: {str(error).removeprefix(security.SECRET.key + ': ')}") from None


def token_of(configuration: Configuration) -> str | None:
    """The REST token. ValueError: too short, or its file cannot be read."""
    token = find_secret(configuration, security.TOKEN)
    if token is not None and len(token) < _LEAST_TOKEN:
        raise ValueError(f"{security.TOKEN.key}: a token has at least {_LEAST_TOKEN} characters, not {len(token)}")
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise ValueError(f"{security.TOKEN.key}: only printable ASCII without blanks can stand in a header")
    return token


def bearer_of(configuration: Configuration) -> Bearer | None:
    """What checks requests for the token; None where there is none. ValueError: as `token_of`."""
    token = token_of(configuration)
    return None if token is None else Bearer(token)
