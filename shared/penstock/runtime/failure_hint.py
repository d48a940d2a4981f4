"""What to do about an error whose own message does not say it."""

import traceback

from penstock.operators.generated import FILE_PREFIX


def hint_of(error: BaseException) -> str | None:
    """A line for the user, None where his error speaks for itself."""
    if isinstance(error, ModuleNotFoundError):
        return (
            "A module that tasks use has to be installed where the TaskManagers run, or to travel with the job: "
            "penstock run -pyreq requirements.txt, -pyfs PATH"
        )
    frames = traceback.extract_tb(error.__traceback__)
    is_from_the_chain = bool(frames) and frames[-1].filename.startswith(FILE_PREFIX)
    if isinstance(error, TypeError) and str(error).endswith("object is not iterable") and is_from_the_chain:
        return "The function has to return an iterable of records (a list), to yield them, or to return None"
    return None
