"""The data plane: record batches and control elements from task to task, through input logs or in memory."""

from penstock.exchange.errors import ExchangeLost, Fenced, RecordNotSerializable
from penstock.exchange.events import (
    AllEnded,
    BarrierEvent,
    BatchEvent,
    CancelEvent,
    GateEvent,
    InputEnded,
    StatusEvent,
    WatermarkEvent,
)
from penstock.exchange.gate_snapshot import GateSnapshot
from penstock.exchange.input_gate import InputGate
from penstock.exchange.local_exchange import LocalExchange
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.output_writer import OutputWriter

__all__ = [
    "AllEnded",
    "BarrierEvent",
    "BatchEvent",
    "CancelEvent",
    "ExchangeLost",
    "ExchangeOptions",
    "Fenced",
    "GateEvent",
    "GateSnapshot",
    "InputEnded",
    "InputGate",
    "LocalExchange",
    "OutputWriter",
    "RecordNotSerializable",
    "StatusEvent",
    "WatermarkEvent",
]
