"""Input logs in the exchange Redises, as the outbox needs them: own connections, made when first wanted."""

import threading

import redis

from penstock.coordination.connection import connect
from penstock.coordination.keys import Keys
from penstock.coordination.messages import ExchangeRef
from penstock.exchange.elements import CancelCheckpoint
from penstock.exchange.log_admin import cancel_checkpoint, create_logs, delete_logs
from penstock.graph.job_graph import JobGraph
from penstock.security.keyring import UNSIGNED, Keyring


class ExchangeInputLogs:
    """Over the exchange Redises of `penstock.exchange.urls`. Every call may be repeated."""

    def __init__(self, urls: tuple[str, ...], keys: Keys, keyring: Keyring = UNSIGNED) -> None:
        self._urls, self._keys, self._keyring = urls, keys, keyring
        self._lock = threading.Lock()
        self._clients: dict[str, redis.Redis] = {}

    def create(self, graph: JobGraph, generation: int) -> tuple[ExchangeRef, ...]:
        """Raises the errors of redis-py while an exchange is away."""
        return create_logs(self._connected(), self._keys, graph, generation)

    def delete(self, graph: JobGraph, generation: int) -> None:
        """Raises the errors of redis-py while an exchange is away."""
        delete_logs(self._connected(), self._keys, graph, generation)

    def cancel(self, graph: JobGraph, generation: int, checkpoint: int, epoch: int) -> None:
        """Raises the errors of redis-py while an exchange is away."""
        cancelled = CancelCheckpoint(checkpoint_id=checkpoint, epoch=epoch)
        cancel_checkpoint(self._connected(), self._keys, graph, generation, cancelled, self._keyring)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def _connected(self) -> dict[str, redis.Redis]:
        with self._lock:
            if not self._clients:
                self._clients = {url: connect(url) for url in self._urls}
            return self._clients
