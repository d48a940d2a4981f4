"""The bodies of Flink's asynchronous operations, read as strictly as Flink reads them. Pure."""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import msgspec

from penstock_dispatcher.problems import BadRequest

T = TypeVar("T")

_TRIGGER_ID = re.compile(r"[0-9a-f]{32}")
Format = Literal["CANONICAL", "NATIVE"]


class SavepointTriggerRequestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`POST /jobs/:id/savepoints`. Both formats are the portable one here."""

    target_directory: str | None = None
    cancel_job: bool | None = None
    format: Format | None = msgspec.field(default=None, name="formatType")
    trigger: str | None = msgspec.field(default=None, name="triggerId")


class StopWithSavepointRequestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """`POST /jobs/:id/stop`. `target-directory` and `targetDirectory` are both Flink's, each in its place."""

    target_directory: str | None = None
    drain: bool | None = None
    format: Format | None = msgspec.field(default=None, name="formatType")
    trigger: str | None = msgspec.field(default=None, name="triggerId")


class CheckpointTriggerRequestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /jobs/:id/checkpoints`."""

    type: Literal["CONFIGURED", "FULL", "INCREMENTAL"] | None = msgspec.field(default=None, name="checkpointType")
    trigger: str | None = msgspec.field(default=None, name="triggerId")


class SavepointDisposalRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`POST /savepoint-disposal`. The trigger id is our own addition, for a client that sends it again."""

    savepoint_path: str
    trigger: str | None = msgspec.field(default=None, name="triggerId")


def parsed(body: Mapping[str, Any], kind: type[T]) -> T:
    """BadRequest says which field is unknown or ill-typed."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"Request did not match expected format {kind.__name__}: {error}") from None


def trigger_id(chosen: str | None) -> str:
    """The client's, else a new one."""
    if chosen is None:
        return secrets.token_hex(16)
    if not _TRIGGER_ID.fullmatch(chosen):
        raise BadRequest(f"triggerId {chosen[:80]!r} is not an id of 32 lower-case hex digits")
    return chosen
