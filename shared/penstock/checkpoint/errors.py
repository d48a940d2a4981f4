"""What goes wrong with checkpoints in storage. Each error says all there is to say, in one line."""


class CheckpointStorageError(Exception):
    """Storage failed: `path` and `cause`. Whether to try again is the caller's decision."""

    def __init__(self, what: str, path: str, cause: BaseException | str) -> None:
        self.path = path
        self.cause = cause
        super().__init__(f"{what} {path}: {described(cause)}")


class CheckpointUnusable(CheckpointStorageError):  # noqa: N818 — as Flink says it
    """A file of a checkpoint is missing, damaged or of another format: trying again does not help."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.cause = why
        Exception.__init__(self, f"{path}: {why}")


class SnapshotCancelled(Exception):  # noqa: N818 — no error: somebody wanted it
    """The checkpoint was given up while its state was being written. What was written is gone again."""


class StateNotSerializable(Exception):  # noqa: N818
    """State that cannot be pickled. The text names operator, state and the first item to blame."""


class IncompatibleSavepoint(ValueError):  # noqa: N818
    """A checkpoint or savepoint that the job cannot start from: why, and what to do."""


def described(cause: BaseException | str) -> str:
    """A cause as the end of a sentence: the file system's own words without path and number."""
    if isinstance(cause, str):
        return cause
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
