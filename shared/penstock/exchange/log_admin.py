"""Making and deleting a job's input logs: the JobMaster's part, outbox effects that may be carried out twice.

A log is made once, before any deploy, with an explicit first id; appends never make one (exchange.md, rules 5 and 6).
"""

import uuid
from collections.abc import Iterator, Mapping

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import ExchangeRef
from penstock.exchange.elements import CancelCheckpoint
from penstock.exchange.header import JOBMASTER_CHANNEL, Header, encode_control
from penstock.exchange.input_log import FIRST_ID, format_id
from penstock.exchange.topology import exchange_number
from penstock.graph.job_graph import JobGraph
from penstock.security.keyring import UNSIGNED, Keyring
from penstock.security.redis_urls import bare

#: seconds; renewed by the slots that use a log, so that only orphans expire
EXPIRE = 24 * 3600


def create_logs(
    clients: Mapping[str, "redis.Redis"], keys: Keys, graph: JobGraph, generation: int
) -> tuple[ExchangeRef, ...]:
    """Make the input logs of a job's generation. `clients`: URL -> client of each exchange Redis, in the job's order.

    Called again for the same generation it returns the nonces that are there. Raises redis.RedisError.
    """
    logs = list(input_logs(graph, generation, len(clients)))
    refs = []
    for number, (url, client) in enumerate(clients.items()):
        nonce_key = keys.exchange_nonce(graph.job_id, generation)
        with client.pipeline(transaction=True) as made:
            made.set(nonce_key, uuid.uuid4().hex, nx=True, ex=EXPIRE)
            made.get(nonce_key)
            nonce = _text(made.execute()[1])
        for vertex, subtask in (log[1:] for log in logs if log[0] == number):
            key = keys.input_log(graph.job_id, generation, vertex, subtask)
            if not client.exists(key):
                _create(client, key)
        refs.append(ExchangeRef(url=bare(url), run_id=_text(client.info("server")["run_id"]), nonce=nonce))
    return tuple(refs)


def delete_logs(clients: Mapping[str, "redis.Redis"], keys: Keys, graph: JobGraph, generation: int) -> None:
    """Delete all that a generation has on the exchange Redises; whoever still writes there is fenced. Raises
    redis.RedisError."""
    logs = list(input_logs(graph, generation, len(clients)))
    failed: redis.RedisError | None = None
    for number, client in enumerate(clients.values()):
        doomed: list[str | bytes] = []
        for vertex, subtask in (log[1:] for log in logs if log[0] == number):
            doomed.append(keys.input_log(graph.job_id, generation, vertex, subtask))
            doomed.append(keys.credit(graph.job_id, generation, vertex, subtask))
        try:
            # the nonce first: whatever is half deleted is lost for everybody
            client.unlink(keys.exchange_nonce(graph.job_id, generation))
            doomed += client.scan_iter(match=keys.slot_wake(graph.job_id, generation, "*"), count=1000)
            if doomed:
                client.unlink(*doomed)
        except redis.RedisError as e:
            # one that is away keeps nobody from freeing the memory of the others
            failed = failed or e
    if failed is not None:
        raise failed


def cancel_checkpoint(
    clients: Mapping[str, "redis.Redis"],
    keys: Keys,
    graph: JobGraph,
    generation: int,
    cancel: CancelCheckpoint,
    keyring: Keyring = UNSIGNED,
) -> None:
    """Write a cancel entry to every input log of the generation. Logs that are gone are passed over. Raises
    redis.RedisError."""
    kind, payload = encode_control(cancel)
    header = Header(JOBMASTER_CHANNEL, cancel.epoch, 0, kind, 0, 0, cancel.checkpoint_id).pack()
    by_number = list(clients.values())
    for number, vertex, subtask in input_logs(graph, generation, len(by_number)):
        key = keys.input_log(graph.job_id, generation, vertex, subtask)
        seal = keyring.entries(key)
        sealed = header if seal is None else seal.sealed(header, payload)
        by_number[number].xadd(key, {"h": sealed, "p": payload}, nomkstream=True)


def input_logs(graph: JobGraph, generation: int, exchanges: int) -> Iterator[tuple[int, str, int]]:
    """(number of its exchange Redis, vertex, subtask) of every subtask that has inputs."""
    targets = {e.target for e in graph.edges}
    for vertex in graph.vertices:
        if vertex.id in targets:
            for subtask in range(vertex.parallelism):
                yield exchange_number(graph.job_id, generation, vertex.id, subtask, exchanges), vertex.id, subtask


def _create(client: "redis.Redis", key: str) -> None:
    with client.pipeline(transaction=True) as made:
        made.xadd(key, {"p": b""}, id=format_id(FIRST_ID).decode())
        made.expire(key, EXPIRE)
        try:
            made.execute()
        except redis.ResponseError as e:
            # another copy of this very effect was faster
            if "equal or smaller" not in str(e):
                raise


def _text(raw: bytes | str) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw
