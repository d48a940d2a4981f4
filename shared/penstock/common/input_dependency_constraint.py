"""InputDependencyConstraint. Source: `pyflink.common.input_dependency_constraint`."""

from enum import Enum

__all__ = ["InputDependencyConstraint"]


class InputDependencyConstraint(Enum):
    """When a task with several inputs is scheduled. Nothing takes one since Flink 1.14."""

    ANY = 0
    ALL = 1
