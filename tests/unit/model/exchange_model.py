"""An executable model of the exchange, aligned checkpoints and task-local failover. Stands alone.

Two sources, two order-dependent middle tasks, two transactional sinks; one input log per consuming task. A random
scheduler steps them, crashes middle tasks and sinks, lets zombies of crashed tasks go on for a while, aborts
checkpoints, repeats appends (client retries), and now and then loses every log, so that all restore (region failover).
Checked at the end, for every seed:

  * what the sinks committed is one deterministic execution of each middle task over its log: nothing lost, nothing
    doubled, no record from a forked history;
  * every channel's records arrived contiguously and the end-of-input count agrees.

The rules that make it hold, each of which can be left out to see it matter:
  dedup      a consumer drops records at or below the sequence it has taken from that channel
  pure       alignment depends on the log alone: aborts travel in-band, so a replay takes the same order
  resume     a snapshot stores the id of the first barrier of its checkpoint and each channel's sequence
  pointer    a checkpoint counts only once the coordinator has stored it; sinks commit only after that
  epoch      a region failover makes new logs; an append to a log of an older epoch fails (XADD NOMKSTREAM)
  position   a stored log position belongs to one log; with a newer log, resume at its beginning
"""

import random
from typing import Any

from tests.unit.model.model_log import Channel, Log
from tests.unit.model.model_tasks import LAST, N_RECORDS, Sink, Source, Task, mix, require

RULES = frozenset({"dedup", "pure", "resume", "pointer", "epoch", "position"})


class World:
    """One run. `rules`: those that are kept."""

    def __init__(self, seed: int, rules: frozenset[str] = RULES) -> None:
        self.rnd, self.rules = random.Random(seed), rules
        self.epoch = 0
        self.epochs = [{x: Log() for x in ("m0", "m1", "k0", "k1")}]
        self.sources = [Source(self, i) for i in range(2)]
        sources: list[Channel] = [("s", 0), ("s", 1)]
        middles: list[Channel] = [("m", 0), ("m", 1)]
        self.inputs = {"m0": sources, "m1": sources, "k0": middles, "k1": middles}
        self.committed: dict[str, dict[int, list[Any]]] = {"k0": {}, "k1": {}}
        self.finished: set[str] = set()
        self.tasks = {n: self.make(n, None, 0) for n in self.inputs}
        self.attempt = dict.fromkeys(self.inputs, 0)
        self.pending: dict[int, dict[str, Any]] = {}
        self.stored: tuple[int, dict[str, Any]] | None = None
        self.next_id = 1
        self.zombies: list[list[Any]] = []
        self.crashes = self.aborts = self.checkpoints = self.regions = 0

    def make(self, name: str, snapshot: Any, attempt: int) -> Task:
        return (Task if name[0] == "m" else Sink)(self, name, self.inputs[name], snapshot, attempt)

    def send(
        self, log: str, channel: Channel, kind: str, seq: int, payload: Any = None, epoch: int | None = None
    ) -> None:
        if epoch is not None and epoch != self.epoch and "epoch" in self.rules:
            return
        copies = 2 if self.rnd.random() < 0.05 and kind == "data" else 1  # a retried XADD is appended twice
        for _ in range(copies):
            self.epochs[self.epoch][log].append(channel, kind, seq, payload)

    def ack(self, n: int, who: str, snapshot: Any, attempt: int = 0) -> None:
        if n not in self.pending or (who in self.attempt and attempt != self.attempt[who]):
            return
        self.pending[n][who] = snapshot
        if len(self.pending[n]) == 6:
            self.stored = (n, self.pending.pop(n))
            self.checkpoints += 1
            for k in ("k0", "k1"):
                self.commit(k, n)

    def commit(self, name: str, n: int) -> None:
        sink = self.tasks[name]
        assert isinstance(sink, Sink)
        sink.commit(n)

    def trigger(self) -> None:
        if self.pending or any(s.done for s in self.sources):
            return
        n, self.next_id = self.next_id, self.next_id + 1
        self.pending[n] = {}
        for s in self.sources:
            s.control("barrier", n)

    def abort(self) -> None:
        for n in list(self.pending):
            del self.pending[n]
            self.aborts += 1
            for s in self.sources:  # in-band, so that every replay sees it at the same place
                if s.done:
                    for m in range(2):
                        self.send(f"m{m}", ("s", s.i), "cancel", 0, n)
                else:
                    s.control("cancel", n)
            for m in range(2):
                for k in range(2):
                    self.send(f"k{k}", ("m", m), "cancel", 0, n)
            if "pure" not in self.rules:
                for t in self.tasks.values():
                    t.aligner.release()

    def crash(self, name: str) -> None:
        if name in self.finished:
            return
        self.crashes += 1
        self.abort()
        if self.rnd.random() < 0.5 and name[0] == "m":
            self.zombies.append([self.tasks[name], self.rnd.randint(1, 15)])
        self.attempt[name] += 1
        self.tasks[name] = self.make(name, self.stored[1][name] if self.stored else None, self.attempt[name])
        if name[0] == "k" and self.stored:
            self.commit(name, self.stored[0])

    def region(self) -> None:
        """Every log is gone: all restore the stored checkpoint and go on with new, empty logs."""
        self.regions += 1
        self.pending.clear()
        stored = self.stored[1] if self.stored else {}
        for t in self.tasks.values():
            if t.name[0] == "m" and self.rnd.random() < 0.5:
                self.zombies.append([t, self.rnd.randint(1, 15)])
        self.epoch += 1
        self.epochs.append({x: Log() for x in self.inputs})
        self.finished.clear()
        self.sources = [Source(self, i, stored.get(f"s{i}")) for i in range(2)]
        for name in self.inputs:
            self.attempt[name] += 1
            self.tasks[name] = self.make(name, stored.get(name), self.attempt[name])
            if name[0] == "k" and self.stored:
                self.commit(name, self.stored[0])

    def run(self, crashes: int) -> None:
        for _ in range(100_000):
            if len(self.finished) == 2:
                break
            self.something(crashes)
        require(len(self.finished) == 2, "stuck")
        for k in ("k0", "k1"):
            self.commit(k, LAST)

    def something(self, crashes: int) -> None:
        r = self.rnd.random()
        if r < 0.02:
            self.trigger()
        elif r < 0.025:
            self.abort()
        elif r < 0.027 and self.regions < crashes // 2:
            self.region()
        elif r < 0.037 and self.crashes < crashes:
            self.crash(self.rnd.choice(["m0", "m1", "k0", "k1"]))
        elif r < 0.2:
            self.rnd.choice(self.sources).step()
        elif r < 0.3 and self.zombies:
            z = self.rnd.choice(self.zombies)
            z[0].step()
            z[1] -= 1
            if not z[1]:
                self.zombies.remove(z)
        else:
            self.tasks[self.rnd.choice(list(self.tasks))].step()

    def check(self) -> None:
        got = [r for k in ("k0", "k1") for tx in self.committed[k].values() for r in tx]
        inputs = sorted(r for _, _, r in got)
        require(inputs == sorted((i, r) for i in range(2) for r in range(N_RECORDS)), "lost or doubled records")
        for m in range(2):  # the outputs of one middle task must be one unforked chain of states
            state, left = 0, {r: s for name, s, r in got if name == f"m{m}"}
            while left:
                successors = [r for r, s in left.items() if mix(state, r) == s]
                require(len(successors) == 1, f"m{m}: forked history")
                state = left.pop(successors[0])
