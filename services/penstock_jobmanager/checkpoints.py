"""When a checkpoint is triggered, and by whom. Source: Flink's `CheckpointCoordinator`, `CheckpointRequestDecider`."""

from msgspec.structs import replace

from penstock.checkpoint.options import CheckpointOptions
from penstock.coordination.messages import InputExhausted, TriggerCheckpoint
from penstock.coordination.rows import CheckpointRow, ExecutionRow
from penstock.graph.states import JobState
from penstock.graph.wiring import producers
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager import trigger_rows
from penstock_jobmanager.decision import ToSlot
from penstock_jobmanager.job import Job, attempts

INTERVAL_TIMER = "checkpoint"
TIMEOUT_TIMER = "checkpoint-timeout:"  #: and the checkpoint


def arm(job: Job) -> None:
    """Timers of undecided checkpoints, for one who takes over."""
    for row in rows.undecided(job):
        job.arm(_timeout(row.checkpoint), job.remaining(row.triggered_at, job.options.checkpoints.timeout))


def on_exhausted(job: Job, event: InputExhausted) -> None:
    """A task has no more input. It is told to finish by a checkpoint that it takes part in from now on."""
    execution = rows.current(job, event.vertex, event.subtask, event.attempt)
    if execution is not None and not execution.exhausted:
        job.put_execution(replace(execution, exhausted=True))


def settle(job: Job) -> None:
    """After every event: trigger what is due, or have the timer look again."""
    config = job.options.checkpoints
    job.disarm(INTERVAL_TIMER)
    if config.interval is None or job.row.state is not JobState.RUNNING or job.row.stop is not None:
        return
    if rows.not_ready(job) is not None or _is_rescaling(job):
        return
    due = _due(job, config.interval)
    if due is None:
        return
    if due > job.now.mono:
        job.timers[INTERVAL_TIMER] = due
        return
    trigger(job)
    job.next_checkpoint = job.now.mono + config.interval
    settle(job)


def hasten(job: Job) -> None:
    """The next one begins as soon as it can; one that is under way will do."""
    if not rows.undecided(job):
        job.next_checkpoint = job.now.mono


def trigger(
    job: Job,
    options: CheckpointOptions | None = None,
    *,
    owned: bool = True,
    request: str | None = None,
    cancels: bool = False,
) -> CheckpointRow:
    """Begin a checkpoint; `rows.not_ready` has said that nothing is in the way. `options` None: one of the job's."""
    checkpoint = job.record.counters.next_id
    running = rows.live(job)
    row = rows.put(
        job,
        CheckpointRow(
            checkpoint=checkpoint,
            status="PENDING",
            options=options or own_options(job, checkpoint),
            trigger=request,
            triggered_at=job.now.wall,
            tasks=len(running),
            generation=job.row.generation,
            owned=owned,
            final=all(e.exhausted for e in running),
            cancels=cancels,
        ),
    )
    rows.count(job, next_id=checkpoint + 1, triggered=job.record.counters.triggered + 1)
    trigger_rows.attach(job, request, checkpoint)
    by_slot: dict[str, list[ExecutionRow]] = {}
    for execution in head_tasks(job, running):
        by_slot.setdefault(execution.allocation or "", []).append(execution)
    for allocation, tasks in by_slot.items():
        command = TriggerCheckpoint(
            checkpoint=checkpoint, tasks=attempts(tasks), options=row.options, epoch=job.epoch, time=job.now.wall
        )
        job.send(ToSlot(allocation, command))
    job.arm(_timeout(checkpoint), job.options.checkpoints.timeout)
    return row


def own_options(job: Job, checkpoint: int, *, full: bool = False) -> CheckpointOptions:
    """As the job's configuration wants its checkpoints. There is checkpoint storage."""
    config = job.options.checkpoints
    assert config.directory is not None
    # the last one of a job has nothing to overtake; and an aligned one under way, a savepoint, is not to be overtaken
    aligned = all(e.exhausted for e in rows.live(job)) or bool(rows.undecided(job))
    return CheckpointOptions(
        directory=config.directory(checkpoint),
        full=full,
        exactly_once=config.exactly_once,
        unaligned=config.unaligned and not aligned and not job.eligibility.is_on,
        aligned_timeout_ms=int(config.aligned_timeout * 1000),
        timestamp=job.now.wall,
    )


def head_tasks(job: Job, running: list[ExecutionRow]) -> list[ExecutionRow]:
    """Those of the running tasks that no running task feeds: sources, and what producers that have finished left."""
    alive = {(e.vertex, e.subtask) for e in running}
    return [
        e
        for e in running
        if not any(
            (edge.source, producer) in alive
            for _, edge in job.graph.inputs(e.vertex)
            for producer in producers(job.graph, edge, e.subtask)
        )
    ]


def disarm(job: Job, checkpoint: int) -> None:
    """It is decided: there is nothing to wait for."""
    job.disarm(_timeout(checkpoint))


def _due(job: Job, interval: float) -> float | None:
    """When the next one begins, on the clock of `Now.mono`; None: not before something else has happened."""
    config, counters = job.options.checkpoints, job.record.counters
    if job.next_checkpoint is None:
        begun = [r.triggered_at for r in job.record.checkpoints.values() if r.generation == job.row.generation]
        job.next_checkpoint = job.now.mono + (job.remaining(max(begun), interval) if begun else interval)
    if any(e.finishing for e in rows.live(job)):
        # it is about to be FINISHED, and would be missing
        return None
    if len(rows.under_way(job)) >= config.max_concurrent or _is_ending(job):
        return None
    ended = [e.exhausted for e in rows.live(job)]
    if all(ended) and not counters.consecutive_failures:
        return job.now.mono
    if not config.after_tasks_finish and (any(ended) or len(ended) < len(job.record.executions)):
        return None
    return max(job.next_checkpoint, _pause_over(job, counters.last_ended, config.min_pause))


def _pause_over(job: Job, last_ended: int, pause: float) -> float:
    """Reckoned once, on our own clock: by one that is behind that of the leader before the pause would never end."""
    if job.paused is None or job.paused[0] != last_ended:
        job.paused = last_ended, job.now.mono + (job.remaining(last_ended, pause) if last_ended else 0.0)
    return job.paused[1]


def _is_ending(job: Job) -> bool:
    """Whether a checkpoint is there, or under way, that lets every live task finish."""
    return any(
        row.final and row.status != "FAILED" and row.generation == job.row.generation and rows.is_pointer(row)
        for row in job.record.checkpoints.values()
    )


def _is_rescaling(job: Job) -> bool:
    return job.row.rescale is not None and not job.row.rescale.remade


def _timeout(checkpoint: int) -> str:
    return f"{TIMEOUT_TIMER}{checkpoint}"
