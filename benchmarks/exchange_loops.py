"""One producer and one consumer over a Redis: by SlotExchange, and by plain commands."""

import pickle
import select
import uuid
from collections.abc import Sequence
from typing import Any

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import Deploy
from penstock.exchange import BatchEvent, ExchangeOptions
from penstock.exchange.elements import EndOfInput
from penstock.exchange.log_admin import create_logs, delete_logs
from penstock.exchange.slot_exchange import SlotExchange
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex

Batches = Sequence[tuple[list[Any], list[Any]]]
_TICK = 0.005  #: seconds; what is due at a time is looked at so often
_DEPTH = 8  #: appends in one pipeline


def through_exchange(url: str, batches: Batches, records: int) -> int:
    """Payload bytes of at least `records` records from one slot's exchange to another's, with credit and trimming."""
    vertices = tuple(JobVertex(id=v, name=v, operators=(), parallelism=1, max_parallelism=128) for v in ("p", "c"))
    edge = JobEdge(source="p", source_operator=0, target="c", strategy="HASH")
    graph = JobGraph(job_id=uuid.uuid4().hex, name="bench", vertices=vertices, edges=(edge,))
    keys, clients = Keys("bench"), {url: redis.Redis.from_url(url)}
    refs = create_logs(clients, keys, graph, 0)
    deploy = Deploy(graph="", generation=0, tasks=(), placement={"p": ("A",), "c": ("B",)}, exchange=refs)
    slots = [SlotExchange(graph, deploy, slot, keys, 1, ExchangeOptions(), urls=lambda _: url) for slot in ("A", "B")]
    try:
        writer, gate = slots[0].writers("p", 0, 0)[0], slots[1].input_gate("c", 0)
        sent = got = turn = 0
        while not gate.has_ended:
            before = sent + got
            if sent < records and not writer.blocked:
                values, keyed = batches[turn % len(batches)]
                writer.emit(0, values.copy(), None, keyed.copy())
                turn, sent = turn + 1, sent + len(values)
                if sent >= records:
                    writer.broadcast(EndOfInput())
            for slot in slots:
                slot.flush(idle=False)
                slot.on_readable()
            while (event := gate.poll()) is not None:
                if isinstance(event, BatchEvent):
                    got += len(event.batch)
            if sent + got == before and not gate.has_ended:
                # as a slot does that has no work: else this would measure how long Redis takes
                waiting: list[Any] = [s for slot in slots for s in slot.sockets()]
                select.select(waiting, [], [], _TICK)
        if got != sent:
            raise ValueError(f"{got} records came of {sent}")
        return writer.bytes_out
    finally:
        for slot in slots:
            slot.close()
        delete_logs(clients, keys, graph, 0)
        clients[url].close()


def through_redis(url: str, batches: Batches, records: int, entry_records: int, *, pickled: bool) -> None:
    """Entries of `entry_records` by plain commands; `pickled`: each is pickled and unpickled, not only carried."""
    client: Any = redis.Redis.from_url(url)
    values = [v for words, _ in batches for v in words][:entry_records]
    keys = [k for _, keyed in batches for k in keyed][:entry_records]
    payload = pickle.dumps((values, None, keys), 5)
    position, sent = "0", 0
    try:
        while sent < records:
            with client.pipeline(transaction=False) as pipe:
                for _ in range(_DEPTH):
                    content = pickle.dumps((values, None, keys), 5) if pickled else payload
                    pipe.xadd("bench:bare", {"h": b"x" * 30, "p": content})
                pipe.execute()
            sent += _DEPTH * entry_records
            for _, entries in client.xread({"bench:bare": position}, count=64):
                for position, fields in entries:  # noqa: B007 (the last one is used)
                    if pickled:
                        pickle.loads(fields[b"p"])
            client.xtrim("bench:bare", minid=position, approximate=False)
    finally:
        client.delete("bench:bare")
        client.close()
