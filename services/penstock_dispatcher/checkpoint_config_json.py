"""`/jobs/:id/checkpoints/config`. Pure. Times in ms."""

from datetime import timedelta
from typing import Any

from penstock.client.config import Configuration, cluster
from penstock.client.config.options import checkpointing as options
from penstock.client.config.options import state
from penstock.client.config.options.checkpointing import Retention

#: what Flink shows where no periodic checkpoint is taken
_NEVER = (1 << 63) - 1
_BACKENDS = {"hashmap": "HashMapStateBackend", "rocksdb": "EmbeddedRocksDBStateBackend"}


def checkpoint_config(configuration: Configuration) -> dict[str, Any]:
    """Of a job's effective configuration; what Flink only has with a changelog is null and 0."""
    get = configuration.get
    interval, retention = configuration.find(options.INTERVAL), get(options.RETENTION)
    stored = configuration.find(options.DIR) or configuration.find(cluster.STORAGE_DIR)
    return {
        "mode": get(options.MODE).value.lower(),
        "interval": _ms(interval) if interval else _NEVER,
        "timeout": _ms(get(options.TIMEOUT)),
        "min_pause": _ms(get(options.MIN_PAUSE)),
        "max_concurrent": get(options.MAX_CONCURRENT),
        "externalization": {
            "enabled": retention is not Retention.NO_EXTERNALIZED_CHECKPOINTS,
            "delete_on_cancellation": retention is not Retention.RETAIN_ON_CANCELLATION,
        },
        "state_backend": _BACKENDS[get(state.STATE_BACKEND).word],
        "checkpoint_storage": "FileSystemCheckpointStorage" if stored else "JobManagerCheckpointStorage",
        "unaligned_checkpoints": get(options.UNALIGNED),
        "tolerable_failed_checkpoints": get(options.TOLERABLE_FAILURES),
        "aligned_checkpoint_timeout": _ms(get(options.ALIGNED_TIMEOUT)),
        "checkpoints_after_tasks_finish": get(options.AFTER_TASKS_FINISH),
        "state_changelog_enabled": False,
        "changelog_periodic_materialization_interval": 0,
        "changelog_storage": None,
    }


def _ms(span: timedelta) -> int:
    return round(span / timedelta(milliseconds=1))
