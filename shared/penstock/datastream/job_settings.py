"""What an environment's configuration says about a job. Flink's keys, old ones as fall-backs."""

from datetime import timedelta
from typing import TYPE_CHECKING

from penstock.common.configuration import Configuration
from penstock.common.execution_config import ExecutionConfig

if TYPE_CHECKING:
    from penstock.graph.stream_graph import GraphSettings, RuntimeMode

BUFFER_TIMEOUT_KEY = "execution.buffer-timeout"
CHAINING_KEY = "pipeline.operator-chaining"
DEFAULT_JOB_NAME = "Flink Streaming Job"
#: where the cluster is and how to get in: not the job's, and not to be shown with it
_CLUSTER_PREFIXES = (
    "rest.",
    "web.",
    "security.",
    "penstock.rest.",
    "penstock.redis.",
    "penstock.exchange.urls",
    "penstock.secret",
)


class JobSettings:
    """Reads a configuration. ValueError, naming the key, for a value that does not parse."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def of_the_graph(self, job_name: str | None) -> "GraphSettings":
        from penstock.graph.stream_graph import GraphSettings

        config = ExecutionConfig(self._configuration)
        max_parallelism = config.get_max_parallelism()
        return GraphSettings(
            job_name=job_name or self._configuration.get_string("pipeline.name", DEFAULT_JOB_NAME),
            runtime_mode=self._runtime_mode(),
            max_parallelism=max_parallelism if max_parallelism > 0 else None,
            buffer_timeout_ms=self.buffer_timeout_ms(),
            is_chaining_enabled=self.is_chaining_enabled(),
            chains_different_max_parallelism=self.chains_different_max_parallelism(),
            generates_uids=config.has_auto_generated_uids_enabled(),
        )

    def of_the_job(self) -> dict[str, str]:
        """What travels in the JobGraph."""
        entries = self._configuration.to_dict().items()
        return {key: value for key, value in entries if not key.startswith(_CLUSTER_PREFIXES)}

    def buffer_timeout_ms(self) -> int:
        from penstock.client.config.values import parse_duration

        if not self._configuration.get_boolean(f"{BUFFER_TIMEOUT_KEY}.enabled", True):
            return -1
        old = self._configuration.get_string(BUFFER_TIMEOUT_KEY, "100 ms")
        text = self._configuration.get_string(f"{BUFFER_TIMEOUT_KEY}.interval", old)
        try:
            return int(parse_duration(text) / timedelta(milliseconds=1))
        except ValueError as e:
            raise ValueError(f"Could not parse value {text!r} for key '{BUFFER_TIMEOUT_KEY}.interval': {e}") from None

    def is_chaining_enabled(self) -> bool:
        return self._configuration.get_boolean(
            f"{CHAINING_KEY}.enabled", self._configuration.get_boolean(CHAINING_KEY, True)
        )

    def chains_different_max_parallelism(self) -> bool:
        key = f"{CHAINING_KEY}.chain-operators-with-different-max-parallelism"
        return self._configuration.get_boolean(key, True)

    def _runtime_mode(self) -> "RuntimeMode":
        text = self._configuration.get_string("execution.runtime-mode", "STREAMING")
        match text.strip().upper():
            case "STREAMING":
                return "STREAMING"
            case "BATCH":
                return "BATCH"
            case "AUTOMATIC":
                return "AUTOMATIC"
        raise ValueError(f"execution.runtime-mode is {text!r}: STREAMING, BATCH or AUTOMATIC is expected")
