"""Collecting: reads the results of `execute_and_collect` from the exchange Redis, for the client."""

from typing import Protocol

from penstock.coordination.rows import JobRow
from penstock.exchange.collect_log import CollectEntry


class Collecting(Protocol):
    """What `GET /penstock/jobs/:id/collect/:collect_id` is answered from."""

    def read(self, job: JobRow, collect_id: str, after: str) -> tuple[list[CollectEntry], str]:
        """The entries behind position `after`, and the position behind them."""
