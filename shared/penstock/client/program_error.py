"""What keeps a program from being started, before any of its own code is to blame; and what it did over there."""

from collections.abc import Sequence

#: how the part of an error of the dispatcher begins that is the program's output
OUTPUT_FOLLOWS = "its output:\n"


class ProgramError(Exception):
    """Names the program or file and what to do."""


class PackagingError(ProgramError):
    """The user's modules cannot be packaged or installed."""


class RemoteProgramError(ProgramError):
    """main() ran on the cluster and failed there. `traceback`: the user's, with his own paths."""

    def __init__(self, message: str, traceback: str) -> None:
        self.traceback = traceback
        super().__init__(message)


def output_in(errors: Sequence[str]) -> str:
    """What a program wrote before it failed, as the dispatcher's errors tell it."""
    return next((e.removeprefix(OUTPUT_FOLLOWS) for e in errors if e.startswith(OUTPUT_FOLLOWS)), "")
