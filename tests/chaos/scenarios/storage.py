"""Checkpoint storage is full, read-only, damaged: checkpoints fail, the job goes on; a damaged one is not restored."""

from pathlib import Path

from tests.chaos.harness import Ability, ClusterSpec
from tests.chaos.run import Run
from tests.chaos.scenario import SLOT, Scenario
from tests.chaos.workloads.job import Workload

_SMALL = ClusterSpec(storage_bytes=16 << 20)
_NEEDS = frozenset({Ability.STORAGE})
_SEVERAL = {"execution.checkpointing.num-retained": "3", "execution.checkpointing.data-inline-threshold": "0 b"}


def full(run: Run) -> None:
    run.note("checkpoint storage is full")
    run.cluster.fill_storage()
    _out_of_order(run)


def read_only(run: Run) -> None:
    run.note("checkpoint storage is read-only")
    run.cluster.protect_storage()
    _out_of_order(run)


def _out_of_order(run: Run) -> None:
    failed = run.counters().failed
    run.until(lambda: run.counters().failed >= failed + 2, "checkpoints to fail")
    if run.choice.random() < 0.5:
        # restored from what there was before
        name = run.choice.choice(run.busy_slots())
        run.note(f"kill slot {name}")
        at = run.cluster.kill(name)
        run.back(at, counts=False)
    run.note("it is in order again")
    run.cluster.free_storage()
    run.checkpoints(2)


def damaged(run: Run) -> None:
    """The newest checkpoint has a file that is damaged or gone: the one before it is restored."""
    run.checkpoints(3)
    # no newer one comes meanwhile
    folder = run.cluster.checkpoints / run.job.id
    paths = sorted(folder.glob("chk-*"), key=lambda path: int(path.name.partition("-")[2]))
    newest = next(path for path in reversed(paths) if (path / "_metadata").exists())
    victims = sorted(path for path in newest.iterdir() if path.is_file())
    for victim in run.choice.sample(victims, run.choice.randrange(1, len(victims) + 1)):
        run.note(f"damage {newest.name}/{victim.name}")
        _damage(victim, run)
    name = run.choice.choice(run.busy_slots())
    run.note(f"kill slot {name}")
    at = run.cluster.kill(name)
    run.back(at)
    run.checkpoints(2)


def _damage(path: Path, run: Run) -> None:
    content = bytearray(path.read_bytes())
    match run.choice.choice(["flip", "cut", "remove"]):
        case "flip" if content:
            for _ in range(8):
                content[run.choice.randrange(len(content))] ^= 0xFF
            path.write_bytes(bytes(content))
        case "cut":
            path.write_bytes(bytes(content[: len(content) // 2]))
        case _:
            path.unlink()


SCENARIOS = (
    Scenario("checkpoint storage full", full, _NEEDS, spec=_SMALL, reached=("checkpoint failed",)),
    Scenario("checkpoint storage read-only", read_only, _NEEDS, spec=_SMALL, reached=("checkpoint failed",)),
    Scenario(
        "newest checkpoint damaged",
        damaged,
        frozenset({Ability.KILL_SLOT}),
        # seldom enough that no newer one is there when the slot dies
        # what was committed with the damaged one is written again: files take the place of the same files
        workload=Workload(interval=1500, configuration=_SEVERAL, redis_sink=False),
        target=SLOT,
        reached=("fell back to an older checkpoint",),
    ),
)
