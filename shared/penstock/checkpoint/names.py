"""Names in a job's folder of checkpoint storage: which file belongs to which checkpoint can be told from its name."""

import re
import secrets

METADATA = "_metadata"
POINTER = "pointer"
SHARED = "shared"

_CHECKPOINT = re.compile(r"chk-(\d+)")
_SHARED_FILE = re.compile(r"(?:\.tmp-[0-9a-f]{8}-)?(\d+)-[0-9a-f]{32}")
_SAVEPOINT = re.compile(r"savepoint-[0-9a-f]{6}-[0-9a-f]{12}")


def checkpoint_folder(checkpoint: int) -> str:
    return f"chk-{checkpoint}"


def checkpoint_of_folder(name: str) -> int | None:
    """The checkpoint of a folder's name; None: no such folder."""
    found = _CHECKPOINT.fullmatch(name)
    return int(found[1]) if found else None


def state_file(vertex: str, subtask: int, attempt: int) -> str:
    return f"{vertex}-{subtask}-{attempt}"


def new_shared_file(checkpoint: int) -> str:
    return f"{checkpoint}-{secrets.token_hex(16)}"


def checkpoint_of_shared_file(name: str) -> int | None:
    """The checkpoint that uploaded a shared file, also while it is being written; None: not such a file."""
    found = _SHARED_FILE.fullmatch(name)
    return int(found[1]) if found else None


def savepoint_folder(job: str, token: str | None = None) -> str:
    """`token`: 12 hex digits; None: random ones."""
    return f"savepoint-{job[:6]}-{token or secrets.token_hex(6)}"


def is_savepoint_folder(name: str) -> bool:
    return _SAVEPOINT.fullmatch(name) is not None
