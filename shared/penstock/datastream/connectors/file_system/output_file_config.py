"""OutputFileConfig: the names of part files."""

from dataclasses import dataclass
from typing import NoReturn

from penstock.common.jvm import no_jvm


@dataclass(frozen=True, slots=True)
class OutputFileConfig:
    """A part file is `<prefix>-<writer>-<number><suffix>`. ValueError for a prefix or suffix with a path separator."""

    part_prefix: str
    part_suffix: str

    def __post_init__(self) -> None:
        for text in (self.part_prefix, self.part_suffix):
            if "/" in text or "\0" in text:
                raise ValueError(f"{text!r} cannot be part of a file name")

    @staticmethod
    def builder() -> "OutputFileConfig.OutputFileConfigBuilder":
        return OutputFileConfig.OutputFileConfigBuilder()

    def get_java_object(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_object()")

    def get_part_prefix(self) -> str:
        return self.part_prefix

    def get_part_suffix(self) -> str:
        return self.part_suffix

    class OutputFileConfigBuilder:
        """Prefix `part` and no suffix, where not said otherwise."""

        def __init__(self) -> None:
            self._prefix = "part"
            self._suffix = ""

        def with_part_prefix(self, prefix: str) -> "OutputFileConfig.OutputFileConfigBuilder":
            self._prefix = prefix
            return self

        def with_part_suffix(self, suffix: str) -> "OutputFileConfig.OutputFileConfigBuilder":
            self._suffix = suffix
            return self

        def build(self) -> "OutputFileConfig":
            return OutputFileConfig(self._prefix, self._suffix)
