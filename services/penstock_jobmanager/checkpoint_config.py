"""What a job's configuration says of its checkpoints. Source: Flink's `CheckpointCoordinatorConfiguration`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing
from penstock.client.config.options.checkpointing import Mode, Retention


def _savepoint_folder(parent: str, job: str, token: str) -> str:
    return f"{parent.rstrip('/')}/savepoint-{job[:6]}-{token}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointConfig:
    """Times in seconds. `interval` None: none are taken by themselves.

    `directory`: number of a checkpoint -> the folder of its own files; None: the job has no checkpoint storage, and
    `no_storage` says why. `savepoint_folder`: (parent, job, 12 hex digits) -> the folder of a savepoint.
    """

    interval: float | None = None
    exactly_once: bool = True
    timeout: float = 600.0
    min_pause: float = 0.0
    max_concurrent: int = 1
    tolerable_failures: int = 0
    retention: Retention = Retention.NO_EXTERNALIZED_CHECKPOINTS
    num_retained: int = 1
    history: int = 10
    unaligned: bool = False
    aligned_timeout: float = 0.0
    after_tasks_finish: bool = True
    savepoint_directory: str | None = None
    savepoint_folder: Callable[[str, str, str], str] = _savepoint_folder
    directory: Callable[[int], str] | None = None
    no_storage: str = "set execution.checkpointing.dir"
    is_batch: bool = False

    @classmethod
    def of(cls, configuration: Configuration, *, is_batch: bool = False) -> "CheckpointConfig":
        """ValueError names a key that is ill-typed, or fits no other. A batch job has no checkpoints."""
        interval = configuration.find(checkpointing.INTERVAL)
        exactly_once = configuration.get(checkpointing.MODE) is Mode.EXACTLY_ONCE
        min_pause = configuration.get(checkpointing.MIN_PAUSE)
        concurrent = configuration.get(checkpointing.MAX_CONCURRENT)
        # as in Flink: at least once there is no alignment that barriers could overtake
        unaligned = configuration.get(checkpointing.UNALIGNED) and exactly_once
        if unaligned and concurrent > 1:
            raise ValueError(
                f"{checkpointing.MAX_CONCURRENT.key}: {concurrent} with {checkpointing.UNALIGNED.key}: "
                "unaligned checkpoints are taken one at a time"
            )
        return cls(
            interval=None if interval is None or is_batch else interval.total_seconds(),
            exactly_once=exactly_once,
            timeout=configuration.get(checkpointing.TIMEOUT).total_seconds(),
            min_pause=min_pause.total_seconds(),
            max_concurrent=1 if min_pause > timedelta(0) else concurrent,
            tolerable_failures=configuration.get(checkpointing.TOLERABLE_FAILURES),
            retention=configuration.get(checkpointing.RETENTION),
            num_retained=configuration.get(checkpointing.NUM_RETAINED),
            history=configuration.get(checkpointing.HISTORY),
            unaligned=unaligned,
            aligned_timeout=configuration.get(checkpointing.ALIGNED_TIMEOUT).total_seconds(),
            after_tasks_finish=configuration.get(checkpointing.AFTER_TASKS_FINISH),
            savepoint_directory=configuration.find(checkpointing.SAVEPOINT_DIR),
            is_batch=is_batch,
        )

    @property
    def enabled(self) -> bool:
        """Whether checkpoints are taken by themselves: tasks wait for one to be FINISHED, failures restart the job."""
        return self.interval is not None
