"""In which order an operator of a batch job reads its input. Source: Flink's sorting and batch broadcast inputs."""

from penstock.graph.input_order import InputOrder
from penstock.operators.specs import (
    AggregateSpec,
    BroadcastProcessSpec,
    CoProcessSpec,
    KeyedMapSpec,
    KeyedProcessSpec,
    OperatorSpec,
    ReduceSpec,
)
from penstock.operators.window_spec import WindowSpec


def input_orders(spec: OperatorSpec) -> tuple[InputOrder, ...]:
    """One order an input; empty where records are taken as they come."""
    match spec:
        case KeyedProcessSpec():
            return ("BY_KEY",)
        case CoProcessSpec(is_keyed=True):
            return ("BY_KEY", "BY_KEY")
        case BroadcastProcessSpec(is_keyed=is_keyed):
            return ("BY_KEY" if is_keyed else "LAST", "FIRST")
        case ReduceSpec() | AggregateSpec():
            return ("BY_TIME",)
        case KeyedMapSpec() | WindowSpec():
            return ("SORTED",)
    return ()
