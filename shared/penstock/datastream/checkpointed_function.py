"""Operator state for functions: state of a subtask rather than of a key. Flink has it in Java; PyFlink does not.

    class Batching(MapFunction, CheckpointedFunction):
        def initialize_state(self, context):
            self.state = context.get_operator_state_store().get_list_state(ListStateDescriptor("held", Types.INT()))
            self.held = list(self.state.get())

        def snapshot_state(self, context):
            self.state.update(self.held)

For any function that is a class, but those of windows and of asynchronous calls. Source: Flink's interface.
"""

from abc import ABC, abstractmethod
from typing import Any

from penstock.datastream.state import ListState, ListStateDescriptor

__all__ = [
    "CheckpointedFunction",
    "FunctionInitializationContext",
    "FunctionSnapshotContext",
    "OperatorListStateStore",
]


class OperatorListStateStore(ABC):
    """The list states of one function in one subtask. A name is for one of them."""

    @abstractmethod
    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        """At another parallelism its elements are spread evenly over the subtasks.

        ValueError where the name is in use for a union state or another type; StateMigrationError.
        """

    @abstractmethod
    def get_union_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        """After a restore every subtask has the elements of all."""


class FunctionInitializationContext(ABC):
    @abstractmethod
    def is_restored(self) -> bool:
        """Whether the job goes on from a checkpoint that knows of this operator."""

    @abstractmethod
    def get_operator_state_store(self) -> OperatorListStateStore: ...


class FunctionSnapshotContext(ABC):
    @abstractmethod
    def get_checkpoint_id(self) -> int: ...


class CheckpointedFunction(ABC):
    """To be inherited beside MapFunction, ProcessFunction, and so on."""

    @abstractmethod
    def initialize_state(self, context: FunctionInitializationContext) -> None:
        """Before `open`."""

    @abstractmethod
    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        """With every checkpoint, the task standing still: bring the states up to date. There is no current key."""
