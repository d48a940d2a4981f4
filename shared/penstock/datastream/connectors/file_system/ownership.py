"""Whose an in-progress file is: its name says so, that nobody else removes it and its owner finds it again.

`.<part>.inprogress.<owner>-<attempt>-<epoch>`: the owner is a subtask of one operator of one job; the epoch is how many
snapshots the writer had made when it began the file. What a snapshot does not know was begun after it.
"""

import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.operators.specs import WriterContext

_NAMESPACE = uuid.UUID("6f1c0c3e-5d0a-4a55-9d0e-0b6b8b1f2a11")
_NAME = re.compile(r"^\..*\.inprogress\.([0-9a-f-]{36})-(\d+)-(\d+)(?:\.[0-9a-f]+)?$")


@dataclass(frozen=True, slots=True)
class Owner:
    """`tag`: job, operator, subtask and parallelism, as one name."""

    job_id: str
    tag: str
    attempt: int

    @staticmethod
    def of(context: WriterContext) -> "Owner":
        parts = (context.job_id, context.operator_id, str(context.subtask), str(context.parallelism))
        # without a job there are no later attempts that could find it again
        tag = uuid.uuid5(_NAMESPACE, "/".join(parts)) if context.job_id else uuid.uuid4()
        return Owner(context.job_id, str(tag), context.attempt)

    def hidden_name(self, part: str, epoch: int) -> str:
        return f".{part}.inprogress.{self.tag}-{self.attempt}-{epoch}"


def in_progress_of(base_path: Path, tag: str) -> Iterator[tuple[Path, int, int]]:
    """(file, attempt, epoch) of all in-progress files of an owner below the base path."""
    for folder, _, names in os.walk(base_path):
        for name in names:
            found = _NAME.match(name) if ".inprogress." in name else None
            if found is not None and found[1] == tag:
                yield Path(folder, name), int(found[2]), int(found[3])


def sweep(base_path: Path, tag: str, attempt: int, epoch: int, keep: frozenset[str]) -> None:
    """Remove what the owner left behind, but what a snapshot of (attempt, epoch) knows, and `keep` (paths)."""
    for path, of_attempt, of_epoch in in_progress_of(base_path, tag):
        if not (of_attempt == attempt and of_epoch <= epoch) and str(path) not in keep:
            path.unlink(missing_ok=True)


def sweep_all(base_path: Path, owner: Owner) -> None:
    """Remove what former attempts left behind of a job that begins anew."""
    for path, attempt, _ in in_progress_of(base_path, owner.tag):
        if attempt < owner.attempt:
            path.unlink(missing_ok=True)
