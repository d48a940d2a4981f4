"""What the exchange costs: SlotExchange against a bare XADD / XREAD loop at the same entry size, in one process.

    python benchmarks/exchange_raw.py [--records N] [--redis URL]

The bare loop pipelines XADDs of one ready-made payload and reads them back, without pickling, credit or trimming; then,
for the fair comparison, with the pickling of the same batches. Prints wall and CPU seconds of this process, and ratios.
"""

import argparse
import pickle
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import Deploy
from penstock.exchange import BatchEvent, ExchangeOptions
from penstock.exchange.elements import EndOfInput
from penstock.exchange.log_admin import create_logs, delete_logs
from penstock.exchange.slot_exchange import SlotExchange
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex

WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "runs", "away"]
BATCH = 1000
Times = tuple[float, float]


def timed(run: Callable[[], None]) -> Times:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def through_exchange(url: str, records: int) -> tuple[Times, int]:
    """Wall and CPU seconds, and the bytes of all payloads."""
    vertices = tuple(JobVertex(id=v, name=v, operators=(), parallelism=1, max_parallelism=128) for v in ("p", "c"))
    edge = JobEdge(source="p", source_operator=0, target="c", strategy="HASH")
    graph = JobGraph(job_id=uuid.uuid4().hex, name="bench", vertices=vertices, edges=(edge,))
    keys, clients = Keys("bench"), {url: redis.Redis.from_url(url)}
    refs = create_logs(clients, keys, graph, 0)
    deploy = Deploy(graph="", generation=0, tasks=(), placement={"p": ("A",), "c": ("B",)}, exchange=refs)
    a, b = (SlotExchange(graph, deploy, slot, keys, 1, ExchangeOptions()) for slot in ("A", "B"))
    writer, gate = a.writers("p", 0, 0)[0], b.input_gate("c", 0)
    made = batches()

    def run() -> None:
        sent = got = 0
        while not gate.has_ended:
            if sent < records and not writer.blocked:
                words, keyed = made[sent // BATCH % len(made)]
                writer.emit(0, words, None, keyed)
                sent += BATCH
                if sent >= records:
                    writer.broadcast(EndOfInput())
            for slot in (a, b):
                slot.flush(idle=False)
                slot.on_readable()
            while (event := gate.poll()) is not None:
                if isinstance(event, BatchEvent):
                    got += len(event.batch)
        assert got == sent, (got, sent)

    try:
        return timed(run), writer.bytes_out
    finally:
        a.close()
        b.close()
        delete_logs(clients, keys, graph, 0)
        clients[url].close()


def bare(url: str, records: int, entry_records: int, pickled: bool) -> Times:
    """Wall and CPU seconds of the plain loop."""
    client: Any = redis.Redis.from_url(url)  # redis-py's types know both RESP versions at once
    made = batches()
    values = [v for words, _ in made for v in words][:entry_records]
    keys = [k for _, keyed in made for k in keyed][:entry_records]
    payload = pickle.dumps((values, None, keys), 5)
    depth = 8

    def run() -> None:
        position, sent = "0", 0
        while sent < records:
            with client.pipeline(transaction=False) as pipe:
                for _ in range(depth):
                    pipe.xadd(
                        "bare", {"h": b"x" * 30, "p": pickle.dumps((values, None, keys), 5) if pickled else payload}
                    )
                pipe.execute()
            sent += depth * entry_records
            for _, entries in client.xread({"bare": position}, count=64):
                for at, fields in entries:
                    position = at
                    if pickled:
                        pickle.loads(fields[b"p"])
            client.xtrim("bare", minid=position, approximate=False)

    try:
        return timed(run)
    finally:
        client.delete("bare")
        client.close()


def batches() -> list[tuple[list[tuple[str, int]], list[str]]]:
    """Word-count records and their keys, no two sharing an object, as they come from a file."""
    made = []
    for b in range(16):
        words = [(f"{WORDS[n % len(WORDS)]}{n + b}", 1) for n in range(BATCH)]
        made.append((words, [w for w, _ in words]))
    return made


@contextmanager
def own_redis() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="penstock-bench-")
    path = f"{folder}/redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(unix_socket_path=path) as client:
            deadline = time.monotonic() + 10
            while True:
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
        yield f"unix://{path}"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def report(url: str, records: int) -> None:
    (wall, cpu), size = through_exchange(url, records)
    entries = max(1, size // ExchangeOptions().entry_size)
    entry_records = max(1, records // entries)
    print(f"{records:,} records, {size / records:.1f} bytes each, about {entry_records} an entry")
    print(f"exchange          {wall:6.2f} s wall {cpu:6.2f} s CPU  {records / cpu / 1e6:6.2f} M records per CPU second")
    for name, pickled in (("bare loop", False), ("bare and pickling", True)):
        w, c = bare(url, records, entry_records, pickled)
        print(f"{name:17} {w:6.2f} s wall {c:6.2f} s CPU  ratio {wall / w:.2f} wall, {cpu / c:.2f} CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=2_000_000)
    parser.add_argument("--redis", help="URL; default: a server of its own, ended afterwards")
    options = parser.parse_args()
    if options.redis:
        report(options.redis, options.records)
        return
    with own_redis() as url:
        report(url, options.records)


if __name__ == "__main__":
    main()
