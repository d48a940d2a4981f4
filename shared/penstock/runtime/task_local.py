"""Where a task that is restarted by itself goes on in its logs, while the others go on as they are (docs/exchange.md,
"Task-local failover")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.coordination.messages import Deploy
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.gate_snapshot import GateSnapshot
from penstock.exchange.input_gate import InputGate
from penstock.exchange.output_writer import OutputWriter
from penstock.graph.wiring import channel_source
from penstock.operators.chain import OperatorChain
from penstock.runtime.snapshot import ChannelsSnapshot


@dataclass(frozen=True, slots=True)
class TaskLocal:
    """Of a deployment with task-local failover. `logs`: tells the generation's logs from those of another one.

    `decided`: checkpoints up to this one are complete or aborted: an attempt that comes to their barriers in a replay
    passes them on, and has no part in them.
    """

    logs: str
    decided: int = 0

    def resume(
        self,
        former: Sequence[ChannelsSnapshot],
        gate: InputGate,
        writers: Mapping[int, OutputWriter],
        chain: OperatorChain,
    ) -> bool:
        """Put everything where the snapshot has it. False: it is of an earlier generation, and the task begins at the
        beginning of its logs, as all did.

        Raises ExchangeLost where it is no position in these logs.
        """
        here = [snapshot for snapshot in former if snapshot.logs == self.logs and snapshot.gate is not None]
        if not here:
            return False
        (snapshot,) = here
        if snapshot.input or snapshot.output:
            raise ExchangeLost("the checkpoint is unaligned: it has no position in the logs", "trimmed")
        assert snapshot.gate is not None
        gate.restore(snapshot.gate)
        for number, writer in writers.items():
            writer.restore(snapshot.sent.get(number, {}))
        for edge in chain.edges:
            if edge.number in snapshot.partitioners:
                edge.restore(snapshot.partitioners[edge.number])
        return True


def task_local_of(command: Deploy) -> TaskLocal | None:
    """None: everything restarts together."""
    return TaskLocal(command.exchange[0].nonce, command.decided) if command.task_local else None


def sent_by(subtask: int, sent: Mapping[int, Mapping[int, tuple[int, int]]]) -> dict[str, int]:
    """Records sent by channel, "edge:producer:consumer". `sent`: edge -> consumer -> its sequences."""
    return {
        f"{number}:{subtask}:{consumer}": records
        for number, channels in sent.items()
        for consumer, (records, _) in channels.items()
    }


def taken_by(subtask: int, gate: GateSnapshot) -> dict[str, int]:
    """Records taken by channel, likewise."""
    taken = {}
    for channel, state in gate.channels.items():
        number, producer = channel_source(channel)
        taken[f"{number}:{producer}:{subtask}"] = state.taken
    return taken
