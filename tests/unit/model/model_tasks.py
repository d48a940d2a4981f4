"""The model's sources, middle tasks and sinks."""

import zlib
from typing import TYPE_CHECKING, Any

from tests.unit.model.model_log import Aligner, Channel, Log

if TYPE_CHECKING:
    from tests.unit.model.exchange_model import World
    from tests.unit.model.failover_model import FailoverWorld

N_RECORDS, BATCH = 60, 4
LAST = 10**9  #: the id of a sink's final transaction


class Violation(AssertionError):  # noqa: N818
    """The protocol did not hold."""


def require(holds: bool, what: str) -> None:
    if not holds:
        raise Violation(what)


def mix(h: int, x: object) -> int:
    return zlib.crc32(repr((h, x)).encode())


class Source:
    def __init__(self, world: "World | FailoverWorld", i: int, snapshot: Any = None) -> None:
        self.w: Any = world
        self.i, self.epoch, self.done = i, world.epoch, False
        self.offset: int = snapshot[0] if snapshot else 0
        self.seq: dict[int, int] = dict(snapshot[1]) if snapshot else {0: 0, 1: 0}

    def step(self) -> None:
        if self.done:
            return
        if self.offset == N_RECORDS:
            for m in range(2):
                self.w.send(f"m{m}", ("s", self.i), "eoi", self.seq[m], epoch=self.epoch)
            self.done = True
            return
        upto = min(N_RECORDS, self.offset + self.w.rnd.randint(1, BATCH))
        out: dict[int, list[Any]] = {0: [], 1: []}
        for r in range(self.offset, upto):
            out[mix(self.i, r) % 2].append((self.i, r))
        self.offset = upto
        for m, records in out.items():
            if records:
                self.seq[m] += len(records)
                self.w.send(f"m{m}", ("s", self.i), "data", self.seq[m], records, epoch=self.epoch)

    def control(self, kind: str, n: int) -> None:
        if self.done:
            return
        for m in range(2):
            self.w.send(f"m{m}", ("s", self.i), kind, self.seq[m], n, epoch=self.epoch)
        if kind == "barrier":
            self.w.ack(n, f"s{self.i}", (self.offset, dict(self.seq)))


class Task:
    """A middle task: its state and its output depend on the order of everything it has read."""

    def __init__(
        self, world: "World | FailoverWorld", name: str, channels: list[Channel], snapshot: Any = None, attempt: int = 0
    ) -> None:
        fresh = {"state": 0, "taken": dict.fromkeys(channels, 0), "out": {0: 0, 1: 0}, "at": 0, "ended": (), "upto": 0}
        s: dict[str, Any] = snapshot or fresh
        self.w: Any = world
        self.name, self.channels, self.attempt, self.epoch = name, channels, attempt, world.epoch
        self.state: int = s["state"]
        self.taken: dict[Channel, int] = dict(s["taken"])
        self.out: dict[int, int] = dict(s["out"])
        # a position belongs to one log: a checkpoint older than this log means "from its beginning"
        same_log = s.get("epoch") == world.epoch or "position" not in world.rules
        self.aligner = Aligner(channels, s["at"] if same_log else 0)
        self.aligner.ended, self.aligner.done_upto = set(s["ended"]), s["upto"]
        self.eoi_sent = False

    def step(self) -> None:
        got = self.aligner.next(self.log())
        if got is None or got[0] == "skip":
            return
        if got[0] == "aligned":
            self.snapshot(got[1], got[2])
            return
        self.process(got[1])
        if got[0] == "entry+aligned":
            self.snapshot(got[2], got[3])

    def process(self, at: int) -> None:
        channel, kind, seq, payload = self.log().entries[at]
        if kind == "eoi":
            require(self.taken[channel] == seq, f"{self.name}: {channel} ended at {seq}, taken {self.taken[channel]}")
            if self.aligner.ended == set(self.channels) and not self.eoi_sent:
                self.eoi_sent = True
                self.finish()
            return
        first = seq - len(payload)
        if "dedup" in self.w.rules:
            require(first <= self.taken[channel], f"{self.name}: gap on {channel}")
            payload = payload[max(0, self.taken[channel] - first) :]
        self.taken[channel] = max(seq, self.taken[channel])
        self.handle(payload)

    def handle(self, records: list[Any]) -> None:
        out: dict[int, list[Any]] = {0: [], 1: []}
        for r in records:
            self.state = mix(self.state, r)
            out[self.state % 2].append((self.name, self.state, r))
        for k, rs in out.items():
            if rs:
                self.out[k] += len(rs)
                self.w.send(f"k{k}", self.me(), "data", self.out[k], rs, epoch=self.epoch)

    def me(self) -> Channel:
        return (self.name[0], int(self.name[1]))

    def log(self) -> Log:
        return self.w.epochs[self.epoch][self.name]

    def finish(self) -> None:
        for k in range(2):
            self.w.send(f"k{k}", self.me(), "eoi", self.out[k], epoch=self.epoch)

    def snapshot(self, n: int, first: int) -> None:
        for k in range(2):
            self.w.send(f"k{k}", self.me(), "barrier", self.out[k], n, epoch=self.epoch)
        self.w.ack(n, self.name, self.taken_so_far(n, first), self.attempt)

    def taken_so_far(self, n: int, first: int) -> dict[str, Any]:
        return {
            "state": self.state,
            "taken": dict(self.taken),
            "out": dict(self.out),
            "at": first if "resume" in self.w.rules else self.aligner.position,
            "ended": tuple(self.aligner.ended),
            "upto": n,
            "epoch": self.epoch,
        }


class Sink(Task):
    """Two-phase commit: records since the last snapshot are one transaction, committed once that is stored."""

    def __init__(
        self, world: "World | FailoverWorld", name: str, channels: list[Channel], snapshot: Any = None, attempt: int = 0
    ) -> None:
        super().__init__(world, name, channels, snapshot, attempt)
        self.open: list[Any] = []
        self.prepared: dict[int, list[Any]] = dict((snapshot or {}).get("prepared", {}))

    def handle(self, records: list[Any]) -> None:
        self.open.extend(records)

    def finish(self) -> None:
        self.w.finished.add(self.name)
        self.prepared[LAST] = self.open
        self.open = []

    def snapshot(self, n: int, first: int) -> None:
        self.prepared[n], self.open = self.open, []
        prepared = {k: list(v) for k, v in self.prepared.items()}
        self.w.ack(n, self.name, {**self.taken_so_far(n, first), "prepared": prepared}, self.attempt)
        if "pointer" not in self.w.rules:
            self.commit(n)

    def commit(self, n: int) -> None:
        for k in [k for k in self.prepared if k <= n]:
            self.w.committed[self.name].setdefault(k, self.prepared.pop(k))  # idempotent: by transaction id
