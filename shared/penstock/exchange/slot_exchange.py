"""The exchange of one slot process: all channels of the subtasks it runs, through input logs or in memory.

Single-threaded and non-blocking. The slot's mailbox loop waits on `sockets()` until `next_deadline()`, calls
`on_readable` for those that are ready and `flush` once a round.
"""

import time
from collections.abc import Callable, Collection
from functools import partial
from selectors import BaseSelector, DefaultSelector

import msgspec

from penstock.coordination.keys import Keys
from penstock.coordination.messages import Deploy
from penstock.exchange.collect_writer import CollectWriter, collect_exchange
from penstock.exchange.credit import ConsumerCredit
from penstock.exchange.ends import Inlet, Outlet
from penstock.exchange.errors import ExchangeLost, Fenced
from penstock.exchange.input_gate import InputGate
from penstock.exchange.input_log import FIRST_ID, InputLog
from penstock.exchange.link import Link
from penstock.exchange.local_channel import LocalChannel
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.output_writer import OutputWriter
from penstock.exchange.places import Places
from penstock.exchange.remote_channel import RemoteChannel
from penstock.exchange.retention import Level, Retention
from penstock.exchange.topology import buffer_timeout, describe, exchange_number, input_channels, producer_of
from penstock.graph.job_graph import JobGraph
from penstock.graph.wiring import channel_id, consumers
from penstock.security.keyring import UNSIGNED, Keyring


class SlotExchange:
    """`allocation` is the slot's own in `deployment.placement`; `epoch` that of the JobMaster that made the attempts.

    Every method may raise ExchangeLost, and goes on raising it: the slot's tasks of this job have to stop. `flush` and
    `on_readable` raise Fenced once for each subtask that a newer attempt has superseded; the others go on.
    `urls`: from what a deployment says of a Redis, which is without passwords, to what this process connects by.
    """

    def __init__(
        self,
        graph: JobGraph,
        deployment: Deploy,
        allocation: str,
        keys: Keys,
        epoch: int,
        options: ExchangeOptions | None = None,
        keyring: Keyring = UNSIGNED,
        urls: Callable[[str], str] = str,
    ) -> None:
        if not deployment.exchange:
            raise ValueError(f"job {graph.job_id}: a deployment without an exchange Redis")
        self._graph, self._deployment, self._allocation = graph, deployment, allocation
        self._keys, self._epoch, self._options = keys, epoch, options or ExchangeOptions()
        self._keyring = keyring
        self._selector = DefaultSelector()
        self._local: dict[tuple[int, int], LocalChannel] = {}
        self._writers: list[OutputWriter] = []
        self._owners: dict[OutputWriter, tuple[str, int]] = {}
        self._collectors: list[CollectWriter] = []
        self._collect_at: float | None = None  #: when what collectors have buffered is due
        self._fenced: set[tuple[str, int, int]] = set()
        self._lost: ExchangeLost | None = None
        self._places = Places(graph, deployment)
        self._inlets: list[Inlet] = []  #: with task-local failover
        #: told of a log that has come to half of its bound, or to all of it: vertex, subtask, level, bytes
        self.on_retention: Callable[[str, int, Level, int], None] = lambda vertex, subtask, level, size: None
        job, generation = graph.job_id, deployment.generation
        place = self._places.own(deployment, allocation)
        self._links = [
            Link(
                ref,
                keys.exchange_nonce(job, generation),
                keys.slot_wake(job, generation, place),
                self._selector,
                self._options,
                f"penstock-slot-{allocation}",
            )
            for ref in (msgspec.structs.replace(each, url=urls(each.url)) for each in deployment.exchange)
        ]

    # -- what tasks use ----------------------------------------------------------------------------------------------
    def input_gate(self, vertex: str, subtask: int) -> InputGate:
        """The gate of a subtask that runs here; once a subtask, until it is removed. Of a source: a gate without
        channels."""
        channels = input_channels(self._graph, vertex, subtask)
        local = [c for c in channels if self._is_local(*producer_of(self._graph, c))]
        queues = [self._local_channel(c, subtask) for c in local]
        remote = [c for c in channels if c not in local]
        if not remote:
            return InputGate(channels, queues)
        job, generation = self._graph.job_id, self._deployment.generation
        number = self._exchange_of(vertex, subtask)
        name = f"input log of {self._graph.vertex(vertex).name!r} subtask {subtask}"
        log_key = self._keys.input_log(job, generation, vertex, subtask)
        seal = self._keyring.entries(log_key)
        log = InputLog(name, ConsumerCredit(self._options.credit, remote), self._options.read_ahead, seal=seal)
        gate = InputGate(channels, queues, log, self._deployment.exchange[number].nonce)
        inlet = Inlet(
            gate,
            log,
            log_key,
            self._keys.credit(job, generation, vertex, subtask),
            subtask,
            self._wakes(remote),
            (vertex, subtask),
        )
        if vertex in self._deployment.retained:
            log.retention = Retention(self._deployment.retained_bytes, FIRST_ID)
        if self._deployment.task_local:
            self._inlets.append(inlet)
        self._links[number].writing.add_inlet(inlet)
        return gate

    def writers(self, vertex: str, subtask: int, attempt: int) -> dict[int, OutputWriter]:
        """The writers of a subtask that runs here, by edge number; once a subtask, until it is removed."""
        writers = {}
        for number, edge in self._graph.outputs(vertex):
            targets = consumers(self._graph, edge, subtask)
            options = self._options.among(len(targets))
            writer = writers[number] = OutputWriter(targets, buffer_timeout(edge))
            channel = channel_id(number, subtask)
            for index, target in enumerate(targets):
                if self._is_local(edge.target, target):
                    writer.add_local(self._local_channel(channel, target))
                else:
                    on_blocked = partial(writer.set_blocked, index)
                    owner = vertex, subtask, attempt
                    writer.add_remote(self._remote_channel(owner, number, target, on_blocked, options))
            self._writers.append(writer)
            self._owners[writer] = vertex, subtask
        return writers

    def deploy(self, deployment: Deploy) -> None:
        """Further attempts of the same generation are to run here, made by the JobMaster that says so."""
        self._deployment, self._epoch = deployment, deployment.epoch

    def remove(self, vertex: str, subtask: int) -> None:
        """A subtask is over: take its gate and its writers away, with what they buffer. With task-local failover, where
        no channel is in memory; another attempt may be made."""
        owner = vertex, subtask
        self._writers = [w for w in self._writers if self._owners[w] != owner]
        self._owners = {w: o for w, o in self._owners.items() if o != owner}
        self._inlets = [i for i in self._inlets if i.owner != owner]
        for link in self._links:
            link.writing.remove(owner)

    def stop_retaining(self, vertices: Collection[str], checkpoint: int) -> None:
        """Trim the logs of these to what is consumed, until a checkpoint of at least this number is complete."""
        for inlet in self._inlets:
            if inlet.owner[0] in vertices and inlet.log.retention is not None:
                inlet.log.retention.off(checkpoint)

    def collect_writer(self, collect_id: str, attempt: int) -> CollectWriter:
        """Where the records of `execute_and_collect` go; once an attempt of the collecting subtask."""
        job = self._graph.job_id
        writing = self._links[collect_exchange(job, collect_id, len(self._links))].writing
        log_key = self._keys.collect_log(job, collect_id)
        for former in [c for c in self._collectors if c.log_key == log_key]:
            # of an attempt before, where single tasks restart
            self._collectors.remove(former)
            writing.remove_collector(former)
        writer = CollectWriter(
            log_key,
            self._keys.collect_taken(job, collect_id),
            (self._epoch, attempt),
            self._options,
            writing.append_collected,
            self._deployment.checkpointing,
            self._keyring.entries(log_key),
        )
        writing.add_collector(writer)
        self._collectors.append(writer)
        return writer

    # -- what the mailbox loop calls ---------------------------------------------------------------------------------
    def sockets(self) -> list[BaseSelector]:
        """What to wait for: one object with a `fileno` that stays the same over reconnects."""
        return [self._selector]

    def on_readable(self, source: object = None) -> None:
        """Take what has arrived. `source`: what of `sockets()` is readable."""
        self._raise_lost()
        try:
            for key, events in self._selector.select(0):
                link, wire = key.data
                link.on_event(wire, events)
        except ExchangeLost as e:
            self._lose(e)
            raise
        self._raise_fenced()

    def flush(self, idle: bool) -> None:
        """Send what is due: full batches, what has waited the buffer timeout, credit; everything where the slot is
        `idle`."""
        self._raise_lost()
        now = time.monotonic()
        for writer in self._writers:
            writer.flush(now, idle)
        if self._collectors:
            self._flush_collectors(now, idle)
        if self._inlets:
            self._notice_retention()
        try:
            for link in self._links:
                link.advance(now, idle)
        except ExchangeLost as e:
            self._lose(e)
            raise
        self._raise_fenced()

    def next_deadline(self) -> float | None:
        """When `flush` has to be called at the latest, by `time.monotonic`; None: when something arrives."""
        if self._lost is not None:
            return None
        now = time.monotonic()
        times = [w.deadline() for w in self._writers] + [k.deadline(now) for k in self._links]
        times.append(self._collect_at)
        return min((t for t in times if t is not None), default=None)

    def close(self) -> None:
        """Close the connections. What has not left yet is lost: see `OutputWriter.is_drained`.

        The generation may be deleted already: a slot that gets the next one's tasks has not always read that it is.
        """
        for link in self._links:
            link.forget()
            link.close()
        self._selector.close()

    # -- inside ------------------------------------------------------------------------------------------------------
    def _remote_channel(
        self,
        owner: tuple[str, int, int],
        number: int,
        target: int,
        on_blocked: Callable[[bool], None],
        options: ExchangeOptions,
    ) -> RemoteChannel:
        _, subtask, attempt = owner
        edge = self._graph.edges[number]
        job, generation = self._graph.job_id, self._deployment.generation
        writing = self._links[self._exchange_of(edge.target, target)].writing
        channel = RemoteChannel(
            channel_id(number, subtask),
            (self._epoch, attempt),
            describe(self._graph, number, edge, subtask),
            options,
            lambda entry: writing.append(outlet, entry),
            on_blocked,
            self._deployment.task_local,
            self._holds(owner),
        )
        log_key = self._keys.input_log(job, generation, edge.target, target)
        outlet = Outlet(
            channel,
            log_key,
            self._keys.credit(job, generation, edge.target, target),
            target,
            owner,
            self._keyring.entries(log_key),
        )
        writing.add_outlet(outlet)
        return channel

    def _holds(self, owner: tuple[str, int, int]) -> Callable[[], bool]:
        """Only sources stop where a log is full: what is under way has to flow, or no barrier would come through. One
        that was restarted has to come to where its consumers are first."""
        if self._graph.inputs(owner[0]):
            return lambda: False
        return lambda: all(w.is_caught_up for w in self._writers if self._owners[w] == owner[:2])

    def _local_channel(self, channel: int, consumer: int) -> LocalChannel:
        found = self._local.get((channel, consumer))
        if found is None:
            found = self._local[channel, consumer] = LocalChannel(channel, self._options.local_records)
        return found

    def _is_local(self, vertex: str, subtask: int) -> bool:
        if not self._options.in_memory_channels or self._deployment.task_local:
            return False
        return self._deployment.placement[vertex][subtask] == self._allocation

    def _exchange_of(self, vertex: str, subtask: int) -> int:
        """The number of the exchange Redis with the input log of a subtask."""
        return exchange_number(
            self._graph.job_id, self._deployment.generation, vertex, subtask, len(self._deployment.exchange)
        )

    def _wakes(self, channels: list[int]) -> dict[str, frozenset[int]]:
        """Wake stream of each producing slot -> the channels it produces."""
        by_slot: dict[str, set[int]] = {}
        for c in channels:
            by_slot.setdefault(self._places.of(*producer_of(self._graph, c)), set()).add(c)
        job, generation = self._graph.job_id, self._deployment.generation
        return {self._keys.slot_wake(job, generation, slot): frozenset(cs) for slot, cs in by_slot.items()}

    def _notice_retention(self) -> None:
        held = set[tuple[str, int]]().union(*(link.writing.withheld() for link in self._links))
        for inlet in self._inlets:
            inlet.notice(inlet.owner in held)
            retention = inlet.log.retention
            if retention is not None and (level := retention.news()) is not None:
                self.on_retention(*inlet.owner, level, retention.bytes)

    def _flush_collectors(self, now: float, idle: bool) -> None:
        if not any(c.is_buffering for c in self._collectors):
            self._collect_at = None
            return
        if self._collect_at is None:
            self._collect_at = now + self._options.publish_interval
        if idle or now >= self._collect_at:
            for collector in self._collectors:
                collector.flush()

    def _lose(self, error: ExchangeLost) -> None:
        self._lost = error
        for link in self._links:
            link.forget()
            link.close()

    def _raise_lost(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _raise_fenced(self) -> None:
        for link in self._links:
            while link.writing.fenced:
                outlet = link.writing.fenced.pop()
                fence = outlet.channel.fence
                if fence is not None and not outlet.is_removed and outlet.owner not in self._fenced:
                    self._fenced.add(outlet.owner)
                    raise Fenced(*outlet.owner, fence.newest)
