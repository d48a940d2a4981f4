"""What a JobMaster wants done outside its commit: outbox rows.

Each is committed first, carried out by whoever leads the job, idempotent, and acknowledged by an event; a successor
carries out what it finds. So none holds an epoch: the relay stamps its own.
"""

from typing import TypeAlias

import msgspec


class EffectBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all."""


class CreateLogs(EffectBase, frozen=True, kw_only=True, tag=True):
    """Make the input logs of a generation in the exchange Redises; answered by `LogsCreated`."""

    generation: int


class DeleteLogs(EffectBase, frozen=True, kw_only=True, tag=True):
    """Delete what `CreateLogs` made. Given up after a while: a log also expires."""

    generation: int


class SendHint(EffectBase, frozen=True, kw_only=True, tag=True):
    """Tell a slot process by Celery that the allocation waits to be claimed. May be lost or arrive twice."""

    allocation: str
    queue: str


Effect: TypeAlias = CreateLogs | DeleteLogs | SendHint


def effect_id(effect: Effect) -> str:
    """The name of the outbox row: the same effect again is the same row."""
    match effect:
        case CreateLogs(generation=generation):
            return f"create-logs:{generation}"
        case DeleteLogs(generation=generation):
            return f"delete-logs:{generation}"
        case SendHint(allocation=allocation):
            return f"hint:{allocation}"
