"""What is told of something that failed: in events, in rows, to users."""

from typing import Literal

import msgspec


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why something failed. `user_frames` first: the traceback from the user's first frame on."""

    message: str  #: "ValueError: bad line"
    traceback: str = ""  #: whole, the user's frames first, ours after
    task_name: str | None = None
    endpoint: str | None = None
    taskmanager: str | None = None
    record: str | None = None  #: short repr of the record that a user's function failed at, where it is known
    unusable_checkpoint: int | None = None  #: the checkpoint to restore has a file that is missing or damaged
    exchange: Literal["", "lost", "gap", "fork", "trimmed"] = ""  #: of an input log: only a region restart helps
    incurable: bool = False  #: every further attempt would fail alike: the job fails, whatever its restart strategy
