"""What a JobMaster is told about time and bounds, all in seconds."""

from dataclasses import dataclass, field

from penstock.client.config.options.execution import FailoverStrategy
from penstock.coordination.restart_strategy import RestartConfig
from penstock_jobmanager.checkpoint_config import CheckpointConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMasterOptions:
    """Defaults as in the configuration."""

    slot_request_timeout: float = 300.0
    claim_timeout: float = 2.0  #: a hint is sent again after it
    cancellation_timeout: float = 5.0  #: 0: a task may take for ever to stop
    exception_history_size: int = 16
    attempts_history_size: int = 16  #: earlier attempts of each subtask
    takeover_limit: int = 10
    stable_after: float = 60.0  #: a leadership of this length clears the takeovers
    checkpoints: CheckpointConfig = field(default_factory=CheckpointConfig)
    restart: RestartConfig = field(default_factory=RestartConfig)
    savepoint: str | None = None  #: to start from
    allow_non_restored: bool = False
    failover: FailoverStrategy = FailoverStrategy.REGION
    deterministic_functions: bool = False  #: all of the user's
    retained_bytes: int = 64 << 20  #: of one input log, with failover strategy `task`


@dataclass(frozen=True, slots=True)
class Now:
    """The shell's clocks: `wall` in ms since the epoch for display, `mono` in s for timers."""

    wall: int
    mono: float
