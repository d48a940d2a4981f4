"""Positions of a snapshot: whose logs they are of, and what one of another version says."""

import pickle
from typing import Any

import msgspec
import pytest

from penstock.coordination.messages import Deploy, ExchangeRef
from penstock.exchange.channel import InputChannel
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.gate_snapshot import GateSnapshot
from penstock.exchange.input_gate import InputGate
from penstock.graph.wiring import channel_id
from penstock.runtime.in_flight import FormerElement, InFlightData
from penstock.runtime.snapshot import ChannelsSnapshot
from penstock.runtime.task_local import TaskLocal, sent_by, taken_by, task_local_of

CHANNEL = channel_id(2, 1)


class Edge:
    number = 3
    position: Any = None

    def restore(self, position: Any) -> None:
        self.position = position


class Chain:
    def __init__(self) -> None:
        self.edges = [Edge()]


class Writer:
    sequences: Any = None

    def restore(self, sequences: Any) -> None:
        self.sequences = sequences


def gate_snapshot(taken: int) -> GateSnapshot:
    channels = {CHANNEL: InputChannel("c", 0, taken=taken)}
    return GateSnapshot(channels, {CHANNEL: 5}, frozenset(), 5, 7, 0, 0, (4, 0), "n")


def snapshot(**more: Any) -> ChannelsSnapshot:
    given: dict[str, Any] = {
        "channels": {},
        "gate": gate_snapshot(9),
        "sent": {3: {0: (11, 2)}},
        "logs": "generation",
        "partitioners": {3: 1},
    }
    return ChannelsSnapshot(**{**given, **more})


def resume(local: TaskLocal, *former: ChannelsSnapshot) -> tuple[bool, InputGate, Writer, Chain]:
    gate, writer, chain = InputGate({CHANNEL: InputChannel("c", 0)}), Writer(), Chain()
    return local.resume(former, gate, {3: writer}, chain), gate, writer, chain  # type: ignore[arg-type,dict-item]


def test_a_task_goes_on_where_its_snapshot_has_it() -> None:
    resumed, gate, writer, chain = resume(TaskLocal("generation"), snapshot())
    assert resumed
    assert gate.channels[CHANNEL].taken == 9 and gate.aligner.done_upto == 7
    assert writer.sequences == {0: (11, 2)} and chain.edges[0].position == 1


@pytest.mark.parametrize("former", [[], [snapshot(logs="an earlier one")], [snapshot(logs="")], [snapshot(gate=None)]])
def test_positions_in_other_logs_mean_nothing(former: list[ChannelsSnapshot]) -> None:
    resumed, gate, writer, chain = resume(TaskLocal("generation"), *former)
    assert not resumed
    assert gate.channels[CHANNEL].taken == 0 and writer.sequences is None and chain.edges[0].position is None


def test_what_was_in_flight_has_no_position() -> None:
    unaligned = snapshot(input=InFlightData((), (FormerElement(None, 0, b""),)))
    with pytest.raises(ExchangeLost, match="unaligned") as lost:
        resume(TaskLocal("generation"), unaligned)
    assert lost.value.kind == "trimmed"


def test_both_ends_of_a_channel_name_it_alike() -> None:
    assert sent_by(1, {2: {0: (11, 2), 4: (5, 1)}}) == {"2:1:0": 11, "2:1:4": 5}
    assert taken_by(4, gate_snapshot(9)) == {"2:1:4": 9}


def test_a_deployment_says_whose_logs_they_are_and_what_is_decided() -> None:
    deploy = Deploy(
        graph="",
        generation=1,
        tasks=(),
        placement={},
        exchange=(ExchangeRef(url="", run_id="", nonce="n1"), ExchangeRef(url="", run_id="", nonce="n2")),
        decided=6,
    )
    assert task_local_of(deploy) is None
    assert task_local_of(msgspec.structs.replace(deploy, task_local=True)) == TaskLocal("n1", 6)


def test_a_snapshot_of_a_version_that_knew_less_is_read() -> None:
    known = snapshot()
    fields = [getattr(known, name) for name in ("channels", "combined", "gate", "sent", "format")]

    class Old:
        def __reduce__(self) -> Any:
            return _old, (fields,)

    loaded = ChannelsSnapshot.loads(pickle.dumps(Old()))
    assert (loaded.logs, loaded.partitioners, loaded.subtask) == ("", {}, 0)
    assert loaded.sent == {3: {0: (11, 2)}}


def _old(values: list[Any]) -> ChannelsSnapshot:
    made = ChannelsSnapshot.__new__(ChannelsSnapshot)
    for name, value in zip(("channels", "combined", "gate", "sent", "format"), values, strict=True):
        object.__setattr__(made, name, value)
    return made
