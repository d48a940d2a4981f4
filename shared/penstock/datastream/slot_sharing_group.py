"""SlotSharingGroup and MemorySize. Source: `pyflink.datastream.slot_sharing_group`."""

from functools import total_ordering
from typing import Any, NoReturn

from penstock.common.jvm import no_jvm

__all__ = ["MemorySize", "SlotSharingGroup"]

_UNITS = ((1 << 40, "tb"), (1 << 30, "gb"), (1 << 20, "mb"), (1 << 10, "kb"))


@total_ordering
class MemorySize:
    """A number of bytes."""

    def __init__(self, j_memory_size: Any = None, bytes_size: int | None = None) -> None:
        if j_memory_size is not None:
            no_jvm("MemorySize(j_memory_size)")
        if bytes_size is None or bytes_size < 0:
            raise ValueError(f"bytes_size must be >= 0, not {bytes_size!r}")
        self._bytes = bytes_size

    @staticmethod
    def of_mebi_bytes(mebi_bytes: int) -> "MemorySize":
        return MemorySize(bytes_size=mebi_bytes << 20)

    def get_bytes(self) -> int:
        return self._bytes

    def get_kibi_bytes(self) -> int:
        return self._bytes >> 10

    def get_mebi_bytes(self) -> int:
        return self._bytes >> 20

    def get_gibi_bytes(self) -> int:
        return self._bytes >> 30

    def get_tebi_bytes(self) -> int:
        return self._bytes >> 40

    def get_java_memory_size(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_memory_size()")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemorySize) and self._bytes == other._bytes

    def __lt__(self, other: "MemorySize") -> bool:
        return self._bytes < other._bytes

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __str__(self) -> str:
        for size, unit in _UNITS:
            if self._bytes and self._bytes % size == 0:
                return f"{self._bytes // size} {unit}"
        return f"{self._bytes} bytes"


class SlotSharingGroup:
    """A group of operators whose subtasks share slots, and what such a slot needs.

    Penstock's slots are processes of one size: the resources are kept with the group, slots are not chosen by them.
    """

    def __init__(self, j_slot_sharing_group: "SlotSharingGroup.Builder") -> None:
        builder = j_slot_sharing_group
        self._name = builder._name
        self._cpu_cores = builder._cpu_cores
        self._memory = dict(builder._memory)
        self._external = dict(builder._external)

    def get_name(self) -> str:
        return self._name

    def get_cpu_cores(self) -> float | None:
        return self._cpu_cores

    def get_task_heap_memory(self) -> MemorySize | None:
        return self._memory.get("task_heap")

    def get_task_off_heap_memory(self) -> MemorySize | None:
        return self._memory.get("task_off_heap", self._default())

    def get_managed_memory(self) -> MemorySize | None:
        return self._memory.get("managed", self._default())

    def get_external_resources(self) -> dict[str, float]:
        return dict(self._external)

    def get_java_slot_sharing_group(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_slot_sharing_group()")

    def _default(self) -> MemorySize | None:
        return None if self._cpu_cores is None else MemorySize(bytes_size=0)

    def _parts(self) -> tuple[Any, ...]:
        return self._name, self._cpu_cores, frozenset(self._memory.items()), frozenset(self._external.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlotSharingGroup) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    @staticmethod
    def builder(name: str) -> "SlotSharingGroup.Builder":
        return SlotSharingGroup.Builder(name)

    class Builder:
        """Takes the resources. ValueError for what is not positive."""

        def __init__(self, j_builder: str) -> None:
            if not isinstance(j_builder, str) or not j_builder:
                raise ValueError(f"a slot sharing group needs a name, not {j_builder!r}")
            self._name = j_builder
            self._cpu_cores: float | None = None
            self._memory: dict[str, MemorySize] = {}
            self._external: dict[str, float] = {}

        def set_cpu_cores(self, cpu_cores: float) -> "SlotSharingGroup.Builder":
            if cpu_cores <= 0:
                raise ValueError(f"The cpu cores should be positive: {cpu_cores}")
            self._cpu_cores = float(cpu_cores)
            return self

        def set_task_heap_memory(self, task_heap_memory: MemorySize) -> "SlotSharingGroup.Builder":
            if task_heap_memory.get_bytes() == 0:
                raise ValueError("The task heap memory should be positive.")
            self._memory["task_heap"] = task_heap_memory
            return self

        def set_task_heap_memory_mb(self, task_heap_memory_mb: int) -> "SlotSharingGroup.Builder":
            return self.set_task_heap_memory(MemorySize.of_mebi_bytes(task_heap_memory_mb))

        def set_task_off_heap_memory(self, task_off_heap_memory: MemorySize) -> "SlotSharingGroup.Builder":
            self._memory["task_off_heap"] = task_off_heap_memory
            return self

        def set_task_off_heap_memory_mb(self, task_off_heap_memory_mb: int) -> "SlotSharingGroup.Builder":
            return self.set_task_off_heap_memory(MemorySize.of_mebi_bytes(task_off_heap_memory_mb))

        def set_managed_memory(self, managed_memory: MemorySize) -> "SlotSharingGroup.Builder":
            self._memory["managed"] = managed_memory
            return self

        def set_managed_memory_mb(self, managed_memory_mb: int) -> "SlotSharingGroup.Builder":
            return self.set_managed_memory(MemorySize.of_mebi_bytes(managed_memory_mb))

        def set_external_resource(self, name: str, value: float) -> "SlotSharingGroup.Builder":
            self._external[name] = float(value)
            return self

        def build(self) -> "SlotSharingGroup":
            """ValueError where some resources are given, but not cpu cores and task heap memory."""
            given = bool(self._memory or self._external or self._cpu_cores is not None)
            if given and (self._cpu_cores is None or "task_heap" not in self._memory):
                raise ValueError(
                    "The cpu cores and task heap memory are required when specifying the resource of a slot sharing "
                    f"group. You need to explicitly configure them with positive value: group {self._name!r}"
                )
            return SlotSharingGroup(self)
