"""What can be set on one operator after it was made: shared by streams and sinks."""

from typing import TYPE_CHECKING

from penstock.common.execution_config import ExecutionConfig
from penstock.datastream.slot_sharing_group import SlotSharingGroup
from penstock.graph.key_groups import UPPER_BOUND_MAX_PARALLELISM

if TYPE_CHECKING:
    from penstock.datastream.stream_execution_environment import StreamExecutionEnvironment
    from penstock.graph.transformations import ChainingStrategy, Transformation


class OperatorSettings:
    """Changes the transformation that the stream or sink stands for; TypeError where it stands for none."""

    def __init__(self, environment: "StreamExecutionEnvironment", transformation: "Transformation | None") -> None:
        self._environment = environment
        self._own = transformation

    @property
    def _transformation(self) -> "Transformation":
        if self._own is None:
            raise TypeError(
                "this stream is not the output of one operator: it was partitioned, united, or is a side output. "
                "Name it, or set its parallelism and so on, before that"
            )
        return self._own

    def _set_name(self, name: str) -> None:
        self._transformation.name = name

    def _set_uid(self, uid: str) -> None:
        if not uid:
            raise ValueError("a uid must not be empty")
        self._transformation.uid = uid

    def _set_uid_hash(self, uid_hash: str) -> None:
        from penstock.graph.operator_ids import check_uid_hash

        self._transformation.uid_hash = check_uid_hash(uid_hash)

    def _set_description(self, description: str) -> None:
        self._transformation.description = description

    def _set_parallelism(self, parallelism: int) -> None:
        if parallelism == ExecutionConfig.PARALLELISM_DEFAULT:
            parallelism = self._environment.get_parallelism()
        if parallelism < 1:
            raise ValueError(
                "The parallelism of an operator must be at least 1, or ExecutionConfig.PARALLELISM_DEFAULT "
                f"(use system default): {parallelism}"
            )
        if parallelism != 1 and not self._transformation.is_parallel:
            raise ValueError(f"The parallelism of non parallel operator must be 1: {self._transformation.name!r}")
        self._transformation.parallelism = parallelism

    def _set_max_parallelism(self, max_parallelism: int) -> None:
        if not 0 < max_parallelism <= UPPER_BOUND_MAX_PARALLELISM:
            raise ValueError(
                f"Maximum parallelism must be between 1 and {UPPER_BOUND_MAX_PARALLELISM}. Found: {max_parallelism}"
            )
        if max_parallelism != 1 and not self._transformation.is_parallel:
            raise ValueError(f"The max parallelism of non parallel operator must be 1: {self._transformation.name!r}")
        self._transformation.max_parallelism = max_parallelism

    def _set_non_parallel(self) -> None:
        t = self._transformation
        t.parallelism, t.max_parallelism, t.is_parallel = 1, 1, False

    def _set_buffer_timeout(self, timeout_millis: int) -> None:
        if timeout_millis < -1:
            raise ValueError(f"Timeout of buffer must be non-negative or -1: {timeout_millis}")
        self._transformation.buffer_timeout_ms = timeout_millis

    def _set_chaining(self, strategy: "ChainingStrategy") -> None:
        self._transformation.chaining = strategy

    def _set_slot_sharing_group(self, slot_sharing_group: "str | SlotSharingGroup") -> None:
        if isinstance(slot_sharing_group, SlotSharingGroup):
            self._environment.register_slot_sharing_group(slot_sharing_group)
            slot_sharing_group = slot_sharing_group.get_name()
        if not isinstance(slot_sharing_group, str) or not slot_sharing_group:
            raise TypeError(f"a slot sharing group is given by its name, not {slot_sharing_group!r}")
        self._transformation.slot_sharing_group = slot_sharing_group
