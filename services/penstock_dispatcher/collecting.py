"""Collecting: reads the results of `execute_and_collect` from the exchange Redis, for the client."""

from typing import Protocol

from penstock.coordination.rows import JobRow


class Collecting(Protocol):
    """What `GET /penstock/jobs/:id/collect/:collect_id` is answered from."""

    def read(self, job: JobRow, collect_id: str, after: int) -> tuple[list[tuple[int, bytes]], bool]:
        """Batches above record sequence `after` as (sequence, pickled list), and whether that is the end."""
