"""The parameters of `/jars/:id/run`, from the body or the query, with Flink 1's names beside today's. Pure."""

import hashlib
import re
import secrets
import shlex
from collections.abc import Mapping
from typing import Any

import msgspec

from penstock.client.config import Configuration, execution
from penstock.client.config.loading import check
from penstock.client.config.options import checkpointing
from penstock_dispatcher.problems import BadRequest

_JOB_ID = re.compile(r"[0-9a-f]{32}")
#: today's name -> what Flink 1 and its clients call it
_ALIASES = {"entry-class": "entryClass", "program-args": "programArgs", "programArg": "programArgsList"}
_QUERY = ("entry-class", "programArg", "program-args", "parallelism", "allowNonRestoredState", "savepointPath")


class RunRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client asks for."""

    entryClass: str | None = None  # noqa: N815 (Flink's field names)
    programArgs: str | None = None  # noqa: N815
    programArgsList: tuple[str, ...] | None = None  # noqa: N815
    parallelism: int | None = None
    jobId: str | None = None  # noqa: N815
    allowNonRestoredState: bool | None = None  # noqa: N815
    savepointPath: str | None = None  # noqa: N815
    restoreMode: str | None = None  # noqa: N815
    claimMode: str | None = None  # noqa: N815
    flinkConfiguration: dict[str, str] | None = None  # noqa: N815

    @property
    def arguments(self) -> tuple[str, ...]:
        """The program's arguments."""
        if self.programArgsList is not None:
            return self.programArgsList
        return tuple(shlex.split(self.programArgs or ""))

    def configuration(self, base: Mapping[str, str]) -> dict[str, str]:
        """The program's configuration: the cluster's, then the request's."""
        entries = {**base, **(self.flinkConfiguration or {})}
        if self.parallelism is not None:
            entries[execution.PARALLELISM.key] = str(self.parallelism)
        if self.savepointPath:
            entries[checkpointing.RECOVERY_PATH.key] = self.savepointPath
        if self.allowNonRestoredState is not None:
            entries[checkpointing.IGNORE_UNCLAIMED.key] = str(self.allowNonRestoredState).lower()
        return entries

    def job_id(self) -> str:
        """The id of the first job: the client's, else a new one."""
        return self.jobId or secrets.token_hex(16)

    def origin(self, digest: str, entry: str) -> str:
        """The same for two requests to run the same program in the same way."""
        settings = sorted((self.flinkConfiguration or {}).items())
        parts: list[object] = [digest, entry, self.arguments, self.parallelism, settings]
        if self.savepointPath or self.allowNonRestoredState:
            parts += [self.savepointPath, self.allowNonRestoredState]
        text = msgspec.json.encode(parts)
        return hashlib.sha256(text).hexdigest()


def parse_run_request(body: Mapping[str, Any], query: Mapping[str, str]) -> RunRequest:
    """BadRequest names what is unknown, ill-typed or not possible here."""
    fields: dict[str, Any] = {_ALIASES.get(name, name): query[name] for name in _QUERY if name in query}
    if isinstance(fields.get("programArgsList"), str):
        fields["programArgsList"] = [part for part in fields["programArgsList"].split(",") if part]
    fields.update({_ALIASES.get(name, name): value for name, value in body.items() if value is not None})
    try:
        request = msgspec.convert(fields, RunRequest, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest(f"the run request cannot be read: {error}") from None
    try:
        shlex.split(request.programArgs or "")
    except ValueError as error:
        raise BadRequest(f"programArgs {request.programArgs!r} cannot be split: {error}") from None
    if request.parallelism is not None and request.parallelism < 1:
        raise BadRequest(f"parallelism {request.parallelism} is not a positive number")
    if request.jobId is not None and not _JOB_ID.fullmatch(request.jobId):
        raise BadRequest(f"jobId {request.jobId[:80]!r} is not an id of 32 lower-case hex digits")
    if (request.claimMode or request.restoreMode or "NO_CLAIM").upper() != "NO_CLAIM":
        raise BadRequest(
            f"claimMode {request.claimMode or request.restoreMode!r} is not possible: a savepoint stays its user's, "
            "as with NO_CLAIM"
        )
    problems, _ = check(request.flinkConfiguration or {}, "flinkConfiguration")
    if problems:
        raise BadRequest(*problems)
    return request


def cluster_defaults(configuration: Configuration) -> dict[str, str]:
    """What of a dispatcher's own configuration holds for the programs it runs: nothing about the services."""
    own = ("rest.", "web.", "penstock.", "cluster.", "heartbeat.", "taskmanager.", "slot.", "security.")
    return {k: v for k, v in configuration.items() if not k.startswith(own)}
