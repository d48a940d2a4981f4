"""Allocation ids: `<job>-<n>-<epoch>-<counter>`, made from the request id `<job>-<n>` they answer."""


def make_allocation_id(request: str, epoch: int, counter: int) -> str:
    """Unique for good: an epoch is one leader's, and a leader never counts back."""
    return f"{request}-{epoch}-{counter}"


def is_allocation_id(text: str) -> bool:
    """Whether it was made here."""
    parts = text.rsplit("-", 3)
    return len(parts) == 4 and all(parts) and all(part.isdecimal() for part in parts[1:])


def request_of(allocation: str) -> str:
    """The request an allocation answers. ValueError names an id that was not made here."""
    if not is_allocation_id(allocation):
        raise ValueError(f"allocation {allocation!r} is not of the form <job>-<n>-<epoch>-<counter>")
    return allocation.rsplit("-", 2)[0]


def number_of(request: str) -> int:
    """The number of a request within its job. ValueError where it has none."""
    return int(request.rsplit("-", 1)[-1])


def job_of(request: str) -> str:
    """The job a request id belongs to."""
    return request.rsplit("-", 1)[0]
