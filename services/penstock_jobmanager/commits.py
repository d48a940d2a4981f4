"""A Decision as the store takes it: names become keys, values become JSON."""

from penstock.coordination.keys import Keys
from penstock.coordination.messages import encode
from penstock.coordination.operations import Commit, DeleteKey, ExpireKey, HashSet, Op, SetKey, SetRemove, StreamAdd
from penstock.coordination.rows import Tombstone
from penstock_jobmanager import decision as decided
from penstock_jobmanager.decision import Decision

#: ms that streams and splits of a terminal job are kept
EXPIRE_AFTER = 3_600_000


def job_role(job: str) -> str:
    """The lease, row set and event stream of a job's JobMaster."""
    return f"job:{job}"


def to_commit(
    decision: Decision, *, keys: Keys, job: str, epoch: int, revision: int, nonce: str, cursor: str | None
) -> Commit:
    """All of a decision as one guarded commit."""
    return Commit(
        role=job_role(job),
        epoch=epoch,
        revision=revision,
        nonce=nonce,
        cursor=cursor,
        rows={name: None if row is None else encode(row) for name, row in decision.rows.items()},
        outbox={name: None if effect is None else encode(effect) for name, effect in decision.outbox.items()},
        ops=[op for decided_op in decision.ops for op in _operations(decided_op, keys, job)],
    )


def _operations(op: decided.Op, keys: Keys, job: str) -> list[Op]:
    match op:
        case decided.ToSlot(allocation=allocation, command=command):
            return [StreamAdd(keys.slot_commands(job, allocation), encode(command))]
        case decided.ToTaskManager(taskmanager=taskmanager, command=command):
            return [StreamAdd(keys.taskmanager_commands(taskmanager), encode(command))]
        case decided.ToResourceManager(event=event):
            return [StreamAdd(keys.events("resourcemanager"), encode(event))]
        case decided.SetClaim(allocation=allocation, claim=claim):
            return [HashSet(keys.claims(job), allocation, encode(claim))]
        case decided.Forget(allocation=allocation):
            # its claim row stays WITHDRAWN: a late hint must find it
            return [ExpireKey(keys.slot_commands(job, allocation), EXPIRE_AFTER)]
        case decided.Bury(tombstone=tombstone, allocations=allocations, vertices=vertices):
            return _burial(tombstone, allocations, vertices, keys, job)


def _burial(
    tombstone: Tombstone, allocations: tuple[str, ...], vertices: tuple[str, ...], keys: Keys, job: str
) -> list[Op]:
    # not deleted at once: slots still read their commands, and late events must not make a stream that stays
    expiring = [keys.events(job_role(job)), *(keys.slot_commands(job, allocation) for allocation in allocations)]
    expiring += [keys.splits(job, vertex) for vertex in vertices]
    # without its row a claim is refused, as with a withdrawn one
    return [
        SetKey(keys.tombstone(job), encode(tombstone)),
        SetRemove(keys.live_jobs(), job),
        DeleteKey(keys.claims(job)),
        *(ExpireKey(key, EXPIRE_AFTER) for key in expiring),
    ]
