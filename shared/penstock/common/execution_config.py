"""ExecutionConfig: what holds for a whole job. Source: `pyflink.common.execution_config`."""

from penstock.common.configuration import Configuration
from penstock.common.jvm import warn_no_effect
from penstock.graph.key_groups import UPPER_BOUND_MAX_PARALLELISM

__all__ = ["ExecutionConfig"]

PARALLELISM_KEY = "parallelism.default"
MAX_PARALLELISM_KEY = "pipeline.max-parallelism"
_OBJECT_REUSE_KEY = "pipeline.object-reuse"
_AUTO_WATERMARK_KEY = "pipeline.auto-watermark-interval"
_AUTO_UIDS_KEY = "pipeline.auto-generate-uids"
_CANCELLATION_INTERVAL_KEY = "task.cancellation.interval"
_CANCELLATION_TIMEOUT_KEY = "task.cancellation.timeout"
_LATENCY_KEY = "metrics.latency.interval"
_COMPRESSION_KEY = "execution.checkpointing.snapshot-compression"
_CLOSURE_CLEANER_KEY = "pipeline.closure-cleaner-level"
_GENERIC_TYPES_KEY = "pipeline.generic-types"
_FORCE_KRYO_KEY = "pipeline.force-kryo"
_FORCE_AVRO_KEY = "pipeline.force-avro"
_JOB_PARAMETERS_KEY = "pipeline.global-job-parameters"


class ExecutionConfig:
    """A view of the environment's configuration: both always say the same."""

    PARALLELISM_DEFAULT = -1
    PARALLELISM_UNKNOWN = -2

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def get_parallelism(self) -> int:
        """The parallelism of operators that set none; 1 where nobody said otherwise."""
        return self._configuration.get_integer(PARALLELISM_KEY, 1)

    def set_parallelism(self, parallelism: int) -> "ExecutionConfig":
        """`PARALLELISM_DEFAULT` goes back to the default. ValueError below 1."""
        if parallelism == ExecutionConfig.PARALLELISM_DEFAULT:
            self._configuration.remove_config(PARALLELISM_KEY)
            return self
        if parallelism < 1:
            raise ValueError(f"Parallelism must be at least one, or ExecutionConfig.PARALLELISM_DEFAULT: {parallelism}")
        self._configuration.set_integer(PARALLELISM_KEY, parallelism)
        return self

    def get_max_parallelism(self) -> int:
        """The number of key groups, -1 where it follows from each operator's parallelism."""
        return self._configuration.get_integer(MAX_PARALLELISM_KEY, -1)

    def set_max_parallelism(self, max_parallelism: int) -> "ExecutionConfig":
        """ValueError outside of 1 to 32768."""
        if not 0 < max_parallelism <= UPPER_BOUND_MAX_PARALLELISM:
            raise ValueError(f"Max parallelism must be between 1 and {UPPER_BOUND_MAX_PARALLELISM}: {max_parallelism}")
        self._configuration.set_integer(MAX_PARALLELISM_KEY, max_parallelism)
        return self

    def get_auto_watermark_interval(self) -> int:
        """Milliseconds between periodic watermarks."""
        return self._configuration._millis(_AUTO_WATERMARK_KEY, 200)

    def set_auto_watermark_interval(self, interval: int) -> "ExecutionConfig":
        """`interval` in ms; 0 turns periodic watermarks off. ValueError below."""
        if interval < 0:
            raise ValueError(f"The auto watermark interval must not be negative: {interval}")
        self._configuration.set_string(_AUTO_WATERMARK_KEY, f"{interval} ms")
        return self

    def enable_object_reuse(self) -> "ExecutionConfig":
        self._configuration.set_boolean(_OBJECT_REUSE_KEY, True)
        return self

    def disable_object_reuse(self) -> "ExecutionConfig":
        self._configuration.set_boolean(_OBJECT_REUSE_KEY, False)
        return self

    def is_object_reuse_enabled(self) -> bool:
        return self._configuration.get_boolean(_OBJECT_REUSE_KEY, False)

    def enable_auto_generated_uids(self) -> "ExecutionConfig":
        self._configuration.set_boolean(_AUTO_UIDS_KEY, True)
        return self

    def disable_auto_generated_uids(self) -> "ExecutionConfig":
        """Every operator must then have a uid of its own."""
        self._configuration.set_boolean(_AUTO_UIDS_KEY, False)
        return self

    def has_auto_generated_uids_enabled(self) -> bool:
        return self._configuration.get_boolean(_AUTO_UIDS_KEY, True)

    def get_global_job_parameters(self) -> dict[str, str]:
        """What `RuntimeContext.get_job_parameter` reads."""
        from penstock.client.config.values import parse_map

        return parse_map(self._configuration.get_string(_JOB_PARAMETERS_KEY, ""))

    def set_global_job_parameters(self, global_job_parameters_dict: dict[str, str]) -> "ExecutionConfig":
        from penstock.client.config.values import to_text

        self._configuration.set_string(_JOB_PARAMETERS_KEY, to_text(global_job_parameters_dict))
        return self

    # -- what no task depends on yet: kept under Flink's keys ----------------------------------------------------------

    def get_task_cancellation_interval(self) -> int:
        """Milliseconds between two attempts to interrupt a task."""
        return self._configuration._millis(_CANCELLATION_INTERVAL_KEY, 30_000)

    def set_task_cancellation_interval(self, interval: int) -> "ExecutionConfig":
        warn_no_effect("set_task_cancellation_interval", "a task ends between two batches, it is not interrupted")
        self._configuration.set_string(_CANCELLATION_INTERVAL_KEY, f"{interval} ms")
        return self

    def get_task_cancellation_timeout(self) -> int:
        """Milliseconds that a task may take to cancel."""
        return self._configuration._millis(_CANCELLATION_TIMEOUT_KEY, 180_000)

    def set_task_cancellation_timeout(self, timeout: int) -> "ExecutionConfig":
        """ValueError below 0."""
        if timeout < 0:
            raise ValueError(f"Timeout needs to be >= 0: {timeout}")
        warn_no_effect("set_task_cancellation_timeout", "a task has any time to cancel")
        self._configuration.set_string(_CANCELLATION_TIMEOUT_KEY, f"{timeout} ms")
        return self

    def get_latency_tracking_interval(self) -> int:
        """Milliseconds, 0: off."""
        return self._configuration._millis(_LATENCY_KEY, 0)

    def set_latency_tracking_interval(self, interval: int) -> "ExecutionConfig":
        self._configuration.set_string(_LATENCY_KEY, f"{interval} ms")
        return self

    def is_use_snapshot_compression(self) -> bool:
        return self._configuration.get_boolean(_COMPRESSION_KEY, False)

    def set_use_snapshot_compression(self, use_snapshot_compression: bool) -> "ExecutionConfig":
        self._configuration.set_boolean(_COMPRESSION_KEY, use_snapshot_compression)
        return self

    # -- the JVM's: kept, with one warning -----------------------------------------------------------------------------

    def enable_closure_cleaner(self) -> "ExecutionConfig":
        return self._jvm("enable_closure_cleaner", _CLOSURE_CLEANER_KEY, "RECURSIVE")

    def disable_closure_cleaner(self) -> "ExecutionConfig":
        return self._jvm("disable_closure_cleaner", _CLOSURE_CLEANER_KEY, "NONE")

    def is_closure_cleaner_enabled(self) -> bool:
        return self._configuration.get_string(_CLOSURE_CLEANER_KEY, "RECURSIVE").upper() != "NONE"

    def enable_generic_types(self) -> "ExecutionConfig":
        return self._jvm("enable_generic_types", _GENERIC_TYPES_KEY, "true")

    def disable_generic_types(self) -> "ExecutionConfig":
        return self._jvm("disable_generic_types", _GENERIC_TYPES_KEY, "false")

    def has_generic_types_disabled(self) -> bool:
        return not self._configuration.get_boolean(_GENERIC_TYPES_KEY, True)

    def enable_force_kryo(self) -> "ExecutionConfig":
        return self._jvm("enable_force_kryo", _FORCE_KRYO_KEY, "true")

    def disable_force_kryo(self) -> "ExecutionConfig":
        return self._jvm("disable_force_kryo", _FORCE_KRYO_KEY, "false")

    def is_force_kryo_enabled(self) -> bool:
        return self._configuration.get_boolean(_FORCE_KRYO_KEY, False)

    def enable_force_avro(self) -> "ExecutionConfig":
        return self._jvm("enable_force_avro", _FORCE_AVRO_KEY, "true")

    def disable_force_avro(self) -> "ExecutionConfig":
        return self._jvm("disable_force_avro", _FORCE_AVRO_KEY, "false")

    def is_force_avro_enabled(self) -> bool:
        return self._configuration.get_boolean(_FORCE_AVRO_KEY, False)

    def get_registered_kryo_types(self) -> list[str]:
        """None: there is no Kryo to register types with."""
        return []

    def get_registered_pojo_types(self) -> list[str]:
        """None: there are no Java classes to register."""
        return []

    def get_default_kryo_serializer_classes(self) -> dict[str, str]:
        """None: there is no Kryo."""
        return {}

    def _jvm(self, method: str, key: str, value: str) -> "ExecutionConfig":
        warn_no_effect(f"ExecutionConfig.{method}")
        self._configuration.set_string(key, value)
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExecutionConfig) and self._configuration == other._configuration

    def __hash__(self) -> int:
        return hash(self._configuration)
