"""TLS on REST: the contexts of both sides, out of Flink's keys with PEM files."""

import ssl
from pathlib import Path
from typing import Any

from penstock.client.config import Configuration
from penstock.client.config.option import ConfigOption
from penstock.client.config.options import security
from penstock.security.configured import find_secret


def server_options(configuration: Configuration) -> dict[str, Any]:
    """uvicorn's, empty without TLS. ValueError names a key that is missing, or a file that cannot be used."""
    if not configuration.get(security.SSL_ENABLED):
        return {}
    certificate = _file(configuration, security.SSL_KEYSTORE)
    if certificate is None:
        raise ValueError(f"{security.SSL_ENABLED.key} needs {security.SSL_KEYSTORE.key}: a PEM file of the certificate")
    key, trusted = _file(configuration, security.SSL_KEY), _file(configuration, security.SSL_TRUSTSTORE)
    password = find_secret(configuration, security.SSL_KEY_PASSWORD)
    options: dict[str, Any] = {
        "ssl_certfile": certificate,
        "ssl_keyfile": key or certificate,
        "ssl_keyfile_password": password,
        "ssl_version": ssl.PROTOCOL_TLS_SERVER,
    }
    if configuration.get(security.SSL_AUTHENTICATION):
        if trusted is None:
            raise ValueError(f"{security.SSL_AUTHENTICATION.key} needs {security.SSL_TRUSTSTORE.key}")
        options |= {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": trusted}
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key, password)
    return options


def client_context(configuration: Configuration) -> ssl.SSLContext:
    """Of whoever speaks to a dispatcher: it verifies against the truststore, else the system's authorities."""
    trusted = _file(configuration, security.SSL_TRUSTSTORE)
    context = ssl.create_default_context()
    if trusted is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # a certificate that signed itself may stand there itself
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        try:
            context.load_verify_locations(trusted)
        except ssl.SSLError as error:
            raise ValueError(f"{security.SSL_TRUSTSTORE.key}: {trusted} has no certificates: {error}") from None
    context.check_hostname = configuration.get(security.SSL_VERIFY_HOSTNAME)
    if configuration.get(security.SSL_AUTHENTICATION):
        certificate = _file(configuration, security.SSL_KEYSTORE)
        if certificate is None:
            raise ValueError(f"{security.SSL_AUTHENTICATION.key} needs {security.SSL_KEYSTORE.key}")
        _load(
            context,
            certificate,
            _file(configuration, security.SSL_KEY),
            find_secret(configuration, security.SSL_KEY_PASSWORD),
        )
    return context


def _load(context: ssl.SSLContext, certificate: str, key: str | None, password: str | None) -> None:
    try:
        # a key without the password it needs must not ask for one at a terminal
        context.load_cert_chain(certificate, key, password if password is not None else lambda: "")
    except (ssl.SSLError, OSError) as error:
        which = f"{certificate} and {key}" if key else certificate
        raise ValueError(
            f"{security.SSL_KEYSTORE.key}: {which} cannot be used: {error.strerror or error}; expected PEM, a "
            f"certificate and its private key (password: {security.SSL_KEY_PASSWORD.key})"
        ) from None


def _file(configuration: Configuration, option: ConfigOption[str]) -> str | None:
    value = configuration.find(option)
    if not value:
        return None
    path = Path(value).expanduser()
    if not path.is_file():
        raise ValueError(f"{option.key}: there is no file {value}")
    return str(path)
