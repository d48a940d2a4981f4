"""A slot's process: makes the allocation of a hint its own and runs it. Made before the fork, used after it."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import structlog

from penstock.coordination.coordination import Coordination
from penstock.coordination.patience import retrying
from penstock.coordination.rows import SlotRow
from penstock.security.keyring import UNSIGNED, Keyring
from penstock_taskmanager.settings import Settings

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClaimedSlot:
    """What a slot's process has been given to run."""

    job: str
    allocation: str
    epoch: int  #: of the JobMaster that sent the hint
    slot: int
    incarnation: str


#: returns when the allocation was released
SlotRunner = Callable[[ClaimedSlot], None]


class SlotProcess:
    """The body of the Celery task. Holds no connection: each call makes its own, in the process it runs in."""

    def __init__(self, settings: Settings, runner: SlotRunner, keyring: Keyring = UNSIGNED) -> None:
        self._settings = settings
        self._runner = runner
        self._keyring = keyring

    def run(self, job: str, allocation: str, epoch: int) -> None:
        """Claim, run, return. A late or second copy of a hint returns at once."""
        structlog.contextvars.bind_contextvars(job=job, allocation=allocation)
        settings = self._settings
        plane = Coordination.connect(settings.redis_url, settings.prefix, settings.storage_dir, self._keyring)
        with plane as coordination:
            claimed = retrying(f"claim {allocation}")(self._claim, coordination, job, allocation, epoch)
        if claimed is None:
            _log.info("hint ignored: the allocation is not to be claimed")
            return
        _log.info("claimed", slot=claimed.slot)
        try:
            self._runner(claimed)
        except Exception:
            # Not to be raised: the parent would unpickle it, and with it import the user's modules. It finds this
            # process gone from a slot that nobody released, and reports that.
            _log.exception("the slot failed")

    def _claim(self, coordination: Coordination, job: str, allocation: str, epoch: int) -> ClaimedSlot | None:
        """The slot row first: from then on the parent answers for whatever becomes of this process."""
        name = self._settings.taskmanager
        rows = coordination.slots.all(name)
        for slot, row in rows.items():
            if row.allocation != allocation or row.job != job or row.state == "FREE":
                continue
            active = msgspec.structs.replace(row, state="ACTIVE", pid=os.getpid())
            if not coordination.slots.compare_and_set(name, slot, "OFFERED", allocation, active):
                return None
            if coordination.claims.claim(job, allocation, epoch, _nonce(), os.getpid(), row.incarnation):
                return ClaimedSlot(job, allocation, epoch, slot, row.incarnation)
            self._withdraw(coordination, slot, active)
            return None
        return None

    def _withdraw(self, coordination: Coordination, slot: int, active: SlotRow) -> None:
        """Nothing runs here: the slot is offered still, until its job or the ResourceManager releases it."""
        offered = msgspec.structs.replace(active, state="OFFERED", pid=0)
        coordination.slots.compare_and_set(self._settings.taskmanager, slot, "ACTIVE", active.allocation, offered)


def _nonce() -> str:
    """Of this process: a claim made twice by it is one claim."""
    global _process_nonce
    if _process_nonce is None or _process_nonce[0] != os.getpid():
        _process_nonce = os.getpid(), secrets.token_hex(8)
    return _process_nonce[1]


_process_nonce: tuple[int, str] | None = None
