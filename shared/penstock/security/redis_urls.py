"""Redis URLs with what the configuration knows beside them: user, password, the authorities of TLS; and without."""

from urllib.parse import quote, urlsplit, urlunsplit

from penstock.client.config import Configuration, cluster
from penstock.client.config.options import security
from penstock.security.configured import find_secret

_ENCRYPTED = "rediss://"


def bare(url: str) -> str:
    """The URL without user, password and options: fit to be shown, and to tell one Redis from another."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def redis_url(configuration: Configuration) -> str:
    """Of the coordination Redis, complete. ValueError: a password file that cannot be read."""
    return completed(configuration.get(cluster.REDIS_URL), configuration)


def exchange_urls(configuration: Configuration) -> tuple[str, ...]:
    """Of the exchange Redises, complete; empty: none are set."""
    return tuple(completed(url, configuration) for url in configuration.find(cluster.EXCHANGE_URLS) or ())


class KnownUrls:
    """Bare URLs to complete ones: what travels has no passwords, and whoever connects has his own."""

    def __init__(self, urls: tuple[str, ...]) -> None:
        self._complete = {bare(url): url for url in urls}

    @classmethod
    def of(cls, configuration: Configuration) -> "KnownUrls":
        """All that a configuration names."""
        return cls((redis_url(configuration), *exchange_urls(configuration)))

    def __call__(self, url: str) -> str:
        """One that is unknown stays as it is."""
        return self._complete.get(bare(url), url)


def completed(url: str, configuration: Configuration) -> str:
    """With user and password, unless it has some; with the authorities of TLS. ValueError: as `redis_url`."""
    parts = urlsplit(url)
    netloc, query = parts.netloc, parts.query
    if "@" not in netloc:
        password = find_secret(configuration, security.REDIS_PASSWORD)
        user = configuration.get(security.REDIS_USER)
        if password is not None:
            netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{netloc}"
    authorities = configuration.find(security.REDIS_CA)
    if authorities and url.startswith(_ENCRYPTED) and "ssl_ca_certs" not in query:
        query += f"{'&' if query else ''}ssl_ca_certs={quote(authorities)}"
    return urlunsplit((parts.scheme, netloc, parts.path, query, parts.fragment))
