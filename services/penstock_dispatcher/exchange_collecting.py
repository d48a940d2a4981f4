"""ExchangeCollecting: `Collecting` over the exchange Redises that a job was deployed with."""

from collections.abc import Callable

from penstock.coordination.keys import Keys
from penstock.coordination.rows import JobRow
from penstock.exchange.collect_log import CollectEntry
from penstock.exchange.collect_reader import CollectReader
from penstock.exchange.collect_writer import collect_exchange
from penstock.security.keyring import UNSIGNED, Keyring
from penstock_dispatcher.exchange_clients import ExchangeClients


class ExchangeCollecting(ExchangeClients):
    """Thread-safe."""

    def __init__(self, keys: Keys, keyring: Keyring = UNSIGNED, urls: Callable[[str], str] = str) -> None:
        super().__init__(urls)
        self._keys, self._keyring = keys, keyring

    def read(self, job: JobRow, collect_id: str, after: str) -> tuple[list[CollectEntry], str]:
        """See `Collecting`. A job that has no exchange yet has collected nothing yet."""
        if not job.exchange:
            return [], after
        url = job.exchange[collect_exchange(job.job, collect_id, len(job.exchange))].url
        return CollectReader(self.client(url), self._keys, job.job, collect_id, self._keyring).read(after)
