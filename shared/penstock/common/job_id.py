"""JobID. Source: `pyflink.common.job_id`."""

import re
import uuid

__all__ = ["JobID"]

_PATTERN = re.compile(r"[0-9a-f]{32}")


class JobID:
    """The id of a job: 32 lower-case hex digits."""

    __slots__ = ("_text",)

    def __init__(self, job_id: str) -> None:
        if not _PATTERN.fullmatch(job_id):
            raise ValueError(f"{job_id!r} is no job id: 32 lower-case hex digits are")
        self._text = job_id

    @staticmethod
    def generate() -> "JobID":
        """A new random id."""
        return JobID(uuid.uuid4().hex)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"JobID({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobID) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)
