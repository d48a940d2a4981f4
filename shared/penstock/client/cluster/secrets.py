"""The secrets of a local cluster: made once, in files that only their owner reads."""

import os
import secrets
from collections.abc import MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

from penstock.client.config.options import security
from penstock.security.keyring import random_secret


def ensure_secret(conf: Path, configuration: MutableMapping[str, str]) -> None:
    """Unless the configuration has a secret, have it name the file `secret` in `conf`, made if it is missing."""
    if configuration.get(security.SECRET.key):
        return
    file = conf / "secret"
    if not file.exists():
        write_private(file, random_secret().encode() + b"\n")
    configuration[security.SECRET.key] = f"file:{file}"


def password_of(url: str) -> str | None:
    """The password in a Redis URL."""
    return urlsplit(url).password if url else None


def new_password() -> str:
    """For a Redis of our own."""
    return secrets.token_hex(24)


def write_private(file: Path, content: bytes) -> None:
    """A whole file with mode 0600 from its first byte on."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
        output.write(content)
    temporary.replace(file)
