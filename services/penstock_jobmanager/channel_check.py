"""Rule 10 of docs/exchange.md: in an aligned checkpoint every channel was cut at one place. Pure."""

from collections.abc import Iterable

from penstock.coordination.rows import AckRow
from penstock.graph.job_graph import JobGraph


def difference(graph: JobGraph, acks: Iterable[AckRow]) -> str | None:
    """The first channel of which one end has sent another number of records than the other has taken; None: there is
    none. A task that has ended before says nothing of its channels.
    """
    sent: dict[str, int] = {}
    taken: dict[str, int] = {}
    for ack in acks:
        sent.update(ack.sent or {})
        taken.update(ack.taken or {})
    for channel in sorted(sent.keys() & taken.keys()):
        if sent[channel] != taken[channel]:
            number, producer, consumer = map(int, channel.split(":"))
            edge = graph.edges[number]
            return (
                f"{graph.vertex(edge.source).name} ({producer + 1}) has sent {sent[channel]} records to "
                f"{graph.vertex(edge.target).name} ({consumer + 1}), which has taken {taken[channel]}"
            )
    return None
