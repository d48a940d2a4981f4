"""What is known of operators: whether what they emit follows from the order of their input: a replay repeats it then.

Built-in operators, sources, windows say so of themselves; a user's function counts where its class or it itself says
`deterministic = True`, which the decorator of `penstock.datastream` sets. What is `deterministic = False` is not, also
where a job declares all of its functions. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

from penstock.operators.specs import (
    AggregateSpec,
    AsyncWaitSpec,
    CollectSpec,
    CustomPartitionerSpec,
    OperatorSpec,
    PrintSpec,
    SinkSpec,
    SourceSpec,
    TimestampsAndWatermarksSpec,
)
from penstock.operators.window_spec import WindowSpec


@dataclass(frozen=True, slots=True)
class Determinism:
    """`why_not`: what rules a replay out, "" for nothing. `undeclared`: functions that it would depend on as well."""

    why_not: str = ""
    undeclared: tuple[str, ...] = ()


@runtime_checkable
class SaysWhyNot(Protocol):
    """A source that knows by its settings."""

    def why_not_deterministic(self) -> str:
        """Why a reader may give other records, or in another order, when it reads once more; "": it does not."""


@runtime_checkable
class DependsOn(Protocol):
    """What holds other functions and the like, and is as deterministic as these are."""

    def depends_on(self) -> tuple[Any, ...]: ...


def of_operator(spec: OperatorSpec) -> Determinism:
    """Of what the operator emits to others of the job."""
    match spec:
        case AsyncWaitSpec():
            return Determinism("it waits for answers from outside")
        case AggregateSpec() | SinkSpec() | PrintSpec() | CollectSpec():
            return Determinism()
        case SourceSpec(source=source, watermark_strategy=strategy):
            return _of(source, getattr(strategy, "timestamp_assigner", None))
        case TimestampsAndWatermarksSpec(strategy=strategy):
            return _of(getattr(strategy, "timestamp_assigner", None))
        case WindowSpec():
            return _of(spec.assigner, spec.trigger, spec.function, spec.window_function)
        case _ if (function := getattr(spec, "func", None)) is not None:
            return _of(function)
    return Determinism(f"nothing is known of {type(spec).__name__}")


def of_partitioner(spec: Any) -> Determinism:
    """A key selector has to be deterministic anyhow, as in Flink; a partitioner of the user's own need not be."""
    return _of(spec.partitioner) if isinstance(spec, CustomPartitionerSpec) else Determinism()


def declared(function: Any) -> bool | None:
    """What a function says of itself; None: nothing. What a user's class inherits from one of ours does not count."""
    said = getattr(function, "deterministic", None)
    if isinstance(function, partial) and said is None:
        return declared(function.func)
    if not isinstance(said, bool):
        return None
    kind = function if isinstance(function, type) else type(function)
    if "deterministic" in getattr(function, "__dict__", {}) or _is_ours(kind):
        return said
    origin = next((base for base in kind.__mro__ if "deterministic" in vars(base)), None)
    # a bound method has it from its function
    return None if said and origin is not None and _is_ours(origin) else said


def _of(*parts: Any) -> Determinism:
    undeclared: list[str] = []
    for part in _with_dependencies(parts):
        if isinstance(part, SaysWhyNot):
            if reason := part.why_not_deterministic():
                return Determinism(reason)
        elif (said := declared(part)) is None:
            undeclared.append(_name(part))
        elif not said:
            return Determinism(f"{_name(part)} is not deterministic")
    return Determinism("", tuple(undeclared))


def _with_dependencies(parts: tuple[Any, ...]) -> Iterator[Any]:
    for part in parts:
        if part is not None:
            yield part
            if isinstance(part, DependsOn):
                yield from _with_dependencies(part.depends_on())


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "penstock"


def _name(part: Any) -> str:
    if isinstance(part, partial):
        return _name(part.func)
    return getattr(part, "__qualname__", None) or type(part).__qualname__
