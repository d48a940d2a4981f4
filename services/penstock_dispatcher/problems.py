"""What goes wrong with a request, each with its HTTP status. Rendered in Flink's form: {"errors": [...]}."""

from collections.abc import Mapping

from penstock.service.outage import what_is_wrong


class Problem(Exception):  # noqa: N818 (an answer, not a defect)
    """An answer that is not 2xx. `messages`: the first is for humans."""

    status = 500
    headers: Mapping[str, str] = {}

    def __init__(self, *messages: str) -> None:
        self.messages = messages
        super().__init__(*messages)


class Moved(Problem):
    """Another resource does this."""

    status = 308


class BadRequest(Problem):
    """The request itself is wrong."""

    status = 400


class Forbidden(Problem):
    """Switched off by configuration."""

    status = 403


class NotFound(Problem):
    """There is no such thing."""

    status = 404


class Conflict(Problem):
    """The thing is in a state that rules it out."""

    status = 409


class TooLarge(Problem):
    """The body exceeds `rest.server.max-content-length`."""

    status = 413


class NotImplementedHere(Problem):
    """Flink has it, this cluster does not."""

    status = 501


class Unavailable(Problem):
    """Redis is away; trying again later helps."""

    status = 503
    headers = {"Retry-After": "1"}  # noqa: RUF012 (Mapping: nobody writes it)

    @classmethod
    def during(cls, outage: Exception) -> "Unavailable":
        """What is wrong with Redis, in its own words too."""
        return cls(f"{what_is_wrong(outage)}: {str(outage).rstrip('.')}; try again")
