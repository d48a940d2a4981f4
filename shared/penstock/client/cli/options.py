"""Options that several commands share, and the configuration they make."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from penstock.client.config import Configuration
    from penstock.client.rest_client import RestClient

_TOKEN = "penstock.rest.token"
F = TypeVar("F", bound=Callable[..., Any])


def address_option(command: F) -> F:
    """`-m HOST:PORT[,HOST:PORT…]` and `--token`."""
    command = click.option(
        "--token",
        metavar="TOKEN|file:PATH",
        envvar="PENSTOCK_REST_TOKEN",
        expose_value=False,
        callback=_keep_token,
        help="Token of the cluster's REST API, better by a file, $PENSTOCK_REST_TOKEN or penstock.rest.token.",
    )(command)
    return click.option(
        "-m",
        "--jobmanager",
        "addresses",
        metavar="HOST:PORT[,…]",
        help="REST addresses of the cluster's dispatchers; the next one is tried when one is gone.",
    )(command)


def _keep_token(context: click.Context, _: click.Parameter, token: str | None) -> None:
    if token:
        context.meta[_TOKEN] = token


def setting_option(command: F) -> F:
    """`-D key=value`, any number of them."""
    return click.option(
        "-D", "settings", metavar="KEY=VALUE", multiple=True, help="Set a configuration key; see docs/configuration.md."
    )(command)


def configuration_of(
    settings: Sequence[str], addresses: str | None = None, chosen: Mapping[str, object] | None = None
) -> "Configuration":
    """The effective configuration: `-D` settings, `-m` addresses, and keys `chosen` by other options (None: not given).

    Warnings are told on stderr. ConfigurationError: what is wrong.
    """
    from penstock.client.addresses import base_urls, scheme_of
    from penstock.client.config import load_configuration, rest

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        configuration = load_configuration(settings)
    for warning in caught:
        click.echo(f"warning: {warning.message}", err=True)
    overrides = {key: value for key, value in (chosen or {}).items() if value is not None}
    context = click.get_current_context(silent=True)
    if context is not None and _TOKEN in context.meta:
        overrides[_TOKEN] = context.meta[_TOKEN]
    if addresses is not None:
        overrides[rest.REST_ADDRESSES.key] = ",".join(
            base_urls(addresses.split(","), configuration.get(rest.REST_PORT), scheme_of(configuration))
        )
    return configuration.with_overrides(overrides)


def rest_client(configuration: "Configuration") -> "RestClient":
    """A client of the cluster that the configuration names; where it names none, of the one at 127.0.0.1."""
    from penstock.client.addresses import configured_addresses
    from penstock.client.config import rest
    from penstock.client.rest_client import RestClient

    urls = configured_addresses(configuration) or (f"127.0.0.1:{configuration.get(rest.REST_PORT)}",)
    return RestClient(urls, configuration)
