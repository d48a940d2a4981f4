"""What the slot table wants done. The agent carries it out."""

from dataclasses import dataclass
from typing import TypeAlias

from penstock.coordination.messages import JobEvent, ResourceEvent
from penstock.coordination.rows import SlotRow


@dataclass(frozen=True, slots=True)
class OfferToJob:
    """Set the free slot aside (`row`), and in the same step tell the job."""

    slot: int
    row: SlotRow
    event: JobEvent


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """Make a slot that held `row` free, and in the same step tell the ResourceManager."""

    slot: int
    row: SlotRow


@dataclass(frozen=True, slots=True)
class TellJob:
    job: str
    event: JobEvent


@dataclass(frozen=True, slots=True)
class TellResourceManager:
    event: ResourceEvent


@dataclass(frozen=True, slots=True)
class KillChild:
    pid: int
    reason: str


Effect: TypeAlias = OfferToJob | FreeSlot | TellJob | TellResourceManager | KillChild
