"""Settings of an environment that no operator depends on: checkpoints, the JVM, slot sharing groups."""

from typing import Any, Self

from penstock.common.configuration import Configuration
from penstock.common.jvm import warn_no_effect
from penstock.datastream.checkpoint_config import CheckpointConfig
from penstock.datastream.checkpointing_mode import CheckpointingMode
from penstock.datastream.slot_sharing_group import SlotSharingGroup

_SAVEPOINT_DIR_KEY = "execution.checkpointing.savepoint-dir"
_CHANGELOG_KEY = "state.changelog.enabled"
_CACHED_FILES_KEY = "pipeline.cached-files"


class EnvironmentSettings:
    """Kept in the configuration under Flink's keys; a setting without effect here says so once."""

    _default_local_parallelism: "int | None" = None

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._slot_sharing_groups: dict[str, SlotSharingGroup] = {}

    # -- checkpoints ---------------------------------------------------------------------------------------------------

    def enable_checkpointing(self, interval: int, mode: CheckpointingMode | None = None) -> Self:
        """`interval` in ms, at least 10. ValueError below."""
        config = self.get_checkpoint_config().set_checkpoint_interval(interval)
        if mode is not None:
            config.set_checkpointing_mode(mode)
        return self

    def get_checkpoint_config(self) -> CheckpointConfig:
        """A view: what is set there is set here."""
        return CheckpointConfig(self._configuration)

    def get_checkpoint_interval(self) -> int:
        """Milliseconds, -1 where checkpointing is off."""
        return self.get_checkpoint_config().get_checkpoint_interval()

    def get_checkpointing_mode(self) -> CheckpointingMode:
        return self.get_checkpoint_config().get_checkpointing_mode()

    def get_checkpointing_consistency_mode(self) -> CheckpointingMode:
        return self.get_checkpointing_mode()

    def is_unaligned_checkpoints_enabled(self) -> bool:
        return self.get_checkpoint_config().is_unaligned_checkpoints_enabled()

    def is_force_unaligned_checkpoints(self) -> bool:
        return self.get_checkpoint_config().is_force_unaligned_checkpoints()

    def set_default_savepoint_directory(self, directory: str) -> Self:
        self._configuration.set_string(_SAVEPOINT_DIR_KEY, directory)
        return self

    def get_default_savepoint_directory(self) -> str | None:
        if not self._configuration.contains_key(_SAVEPOINT_DIR_KEY):
            return None
        return self._configuration.get_string(_SAVEPOINT_DIR_KEY, "")

    def enable_changelog_state_backend(self, enabled: bool) -> Self:
        if enabled:
            warn_no_effect("enable_changelog_state_backend", "state is not written as a changelog")
        self._configuration.set_boolean(_CHANGELOG_KEY, enabled)
        return self

    def is_changelog_state_backend_enabled(self) -> bool | None:
        """None where nobody said."""
        if not self._configuration.contains_key(_CHANGELOG_KEY):
            return None
        return self._configuration.get_boolean(_CHANGELOG_KEY, False)

    # -- slots ---------------------------------------------------------------------------------------------------------

    def register_slot_sharing_group(self, slot_sharing_group: SlotSharingGroup) -> Self:
        """Streams may then name it; a group of the same name is replaced."""
        if not isinstance(slot_sharing_group, SlotSharingGroup):
            raise TypeError(f"a SlotSharingGroup is needed, not {slot_sharing_group!r}")
        if slot_sharing_group.get_cpu_cores() is not None:
            warn_no_effect(
                f"what slot sharing group {slot_sharing_group.get_name()!r} needs", "all slots are of one size"
            )
        self._slot_sharing_groups[slot_sharing_group.get_name()] = slot_sharing_group
        return self

    def set_default_local_parallelism(self, parallelism: int) -> None:
        """Of environments made after this, where the program runs in this process and nothing else is said."""
        if parallelism < 1:
            raise ValueError(f"Parallelism must be at least one: {parallelism}")
        EnvironmentSettings._default_local_parallelism = parallelism

    def get_default_local_parallelism(self) -> int:
        return EnvironmentSettings._default_local_parallelism or 1

    # -- accepted, without effect --------------------------------------------------------------------------------------

    def add_jars(self, *jars_path: str) -> None:
        """Kept as `pipeline.jars`."""
        self._accept("add_jars", "pipeline.jars", jars_path)

    def add_classpaths(self, *classpaths: str) -> None:
        """Kept as `pipeline.classpaths`."""
        self._accept("add_classpaths", "pipeline.classpaths", classpaths)

    def set_python_executable(self, python_exec: str) -> None:
        """Kept as `python.executable`."""
        warn_no_effect("set_python_executable", "functions run in the Python of the TaskManager")
        self._configuration.set_string("python.executable", python_exec)

    def register_cached_file(self, file_path: str, name: str, executable: bool = False) -> None:
        """Kept as `pipeline.cached-files`. Python functions have no way to ask for the file, in PyFlink either."""
        warn_no_effect("register_cached_file", "only Java functions can ask for such a file; see add_python_file")
        entry = f"name:{name},path:{file_path},executable:{str(executable).lower()}"
        files = self._configuration.get_string(_CACHED_FILES_KEY, "")
        self._configuration.set_string(_CACHED_FILES_KEY, f"{files};{entry}" if files else entry)

    def close(self) -> None:
        """Nothing is held open between jobs; there for programs that call it."""

    def _accept(self, method: str, key: str, values: tuple[Any, ...]) -> None:
        warn_no_effect(method)
        known = self._configuration.get_string(key, "")
        self._configuration.set_string(key, ";".join(filter(None, (known, *map(str, values)))))
