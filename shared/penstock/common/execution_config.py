"""ExecutionConfig: what holds for a whole job. Source: `pyflink.common.execution_config`."""

from datetime import timedelta

from penstock.common.configuration import Configuration
from penstock.graph.key_groups import UPPER_BOUND_MAX_PARALLELISM

__all__ = ["ExecutionConfig"]

PARALLELISM_KEY = "parallelism.default"
MAX_PARALLELISM_KEY = "pipeline.max-parallelism"
_OBJECT_REUSE_KEY = "pipeline.object-reuse"
_AUTO_WATERMARK_KEY = "pipeline.auto-watermark-interval"
_AUTO_UIDS_KEY = "pipeline.auto-generate-uids"
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
        from penstock.client.config.values import parse_duration

        text = self._configuration.get_string(_AUTO_WATERMARK_KEY, "200 ms")
        return int(parse_duration(text) / timedelta(milliseconds=1))

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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExecutionConfig) and self._configuration == other._configuration

    def __hash__(self) -> int:
        return hash(self._configuration)
