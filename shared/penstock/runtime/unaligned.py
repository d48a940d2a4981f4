"""Unaligned checkpoints are not built yet: who asks for them is told so, once, and gets aligned ones."""

import structlog

from penstock.client.config.options.checkpointing import UNALIGNED

_log = structlog.get_logger(__name__)
_told: set[str] = set()


def warn_unaligned(job: str) -> None:
    """`job`: its id. Once a job in a process."""
    if job not in _told:
        _told.add(job)
        _log.warning(
            f"{UNALIGNED.key}: unaligned checkpoints are not supported yet; the job takes aligned ones, which are as "
            "exact but take longer under back-pressure",
            job=job,
        )
