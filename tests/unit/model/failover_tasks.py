"""Tasks of the failover model: sources that restart with other batch bounds, tasks that end by a checkpoint."""

from typing import TYPE_CHECKING, Any

from tests.unit.model.failover_rows import Generation
from tests.unit.model.model_tasks import BATCH, LAST, N_RECORDS, Sink, Source, Task, mix, require

if TYPE_CHECKING:
    from tests.unit.model.failover_model import FailoverWorld


class RestartingSource(Source):
    """Counts on from its snapshot; what its consumers have is sent again, in other batches, and dropped by them."""

    def __init__(
        self, world: "FailoverWorld", i: int, snapshot: Any, attempt: Generation, generation: Generation
    ) -> None:
        super().__init__(world, i, snapshot)
        self.name, self.attempt, self.generation = f"s{i}", attempt, generation
        if snapshot and snapshot[2] != generation and "epoch" in world.rules:
            self.seq = {0: 0, 1: 0}  # new logs count from zero
        self.cut_upto = 0
        self.waiting: int | None = None  #: a trigger that has to wait until the source has caught up
        self.finished = False
        self.ended_at: int | None = None

    def step(self) -> None:
        if self.done:
            return
        if self.offset == N_RECORDS:
            for m in range(2):
                self.w.write(self.generation, f"m{m}", ("s", self.i), "eoi", self.seq[m])
            self.done = True
        else:
            if not self.w.has_credit(self):
                return
            self._emit()
        if self.waiting is not None and self.caught_up():
            self._cut(self.waiting)

    def _emit(self) -> None:
        upto = min(N_RECORDS, self.offset + self.w.rnd.randint(1, BATCH))
        out: dict[int, list[Any]] = {0: [], 1: []}
        for r in range(self.offset, upto):
            out[mix(self.i, r) % 2].append((self.i, r))
        self.offset = upto
        for m, records in out.items():
            if records:
                self.seq[m] += len(records)
                self.w.write(self.generation, f"m{m}", ("s", self.i), "data", self.seq[m], records)

    def caught_up(self) -> bool:
        return all(self.seq[m] >= self.w.taken(self.generation, f"m{m}", ("s", self.i)) for m in range(2))

    def trigger(self, n: int) -> None:
        if self.finished or (n <= self.cut_upto and "once" in self.w.rules):
            return
        self.waiting = n
        if "cut" not in self.w.rules or self.caught_up():
            self._cut(n)

    def _cut(self, n: int) -> None:
        self.waiting, self.cut_upto = None, n
        for m in range(2):
            self.w.write(self.generation, f"m{m}", ("s", self.i), "barrier", self.seq[m], n)
        if self.done and self.ended_at is None:
            self.ended_at = n
        self.w.say("ack", n, self.name, self.attempt, self.state())

    def state(self) -> Any:
        return (self.offset, dict(self.seq), self.generation)

    def told(self, n: int) -> None:
        if self.ended_at is not None and n >= self.ended_at and not self.finished:
            self.finished = True
            self.w.say("finished", self.name, self.attempt, self.state())


class EndingTask(Task):
    """A middle task that is finished when a checkpoint begun after its end is told."""

    def __init__(
        self, world: "FailoverWorld", name: str, snapshot: Any, attempt: Generation, generation: Generation
    ) -> None:
        self.generation = generation
        super().__init__(world, name, world.inputs[name], snapshot, 0)
        self.number = attempt
        if snapshot and snapshot["generation"] != generation and "epoch" in world.rules:
            self.taken, self.out = dict.fromkeys(self.channels, 0), {0: 0, 1: 0}
            self.aligner.ended = set()
            self.aligner.position = 0
        if "cut" in world.rules:
            self.aligner.counts = lambda channel, seq: seq == self.taken[channel]
        self.ended_at: int | None = None
        self.is_finished = False
        if self.aligner.ended == set(self.channels):
            self.eoi_sent = True

    def step(self) -> None:
        if self.is_finished or self.generation not in self.w.logs or not self.w.has_credit(self):
            return
        if self.needed() < self.log().trimmed and "trimmed" in self.w.rules:
            self.w.say("lost", self.name, self.number, True)
            return
        require(max([0, *self.aligner.queue]) <= len(self.log().entries), f"{self.name}: positions of another log")
        super().step()
        self.w.consumed(self)

    def needed(self) -> int:
        """The lowest entry that is still to be looked at."""
        return min([self.aligner.position, *self.aligner.queue, *self.aligner.held])

    def log(self) -> Any:
        return self.w.log(self.generation, self.name)

    def handle(self, records: list[Any]) -> None:
        out: dict[int, list[Any]] = {0: [], 1: []}
        for r in records:
            self.state = mix(self.state, r)
            out[self.state % 2].append((self.name, self.state, r))
        for k, rs in out.items():
            if rs:
                self.out[k] += len(rs)
                self.w.write(self.generation, f"k{k}", self.me(), "data", self.out[k], rs)

    def finish(self) -> None:
        for k in range(2):
            self.w.write(self.generation, f"k{k}", self.me(), "eoi", self.out[k])
        if "end" not in self.w.rules:
            self.finish_for_good(self.taken_so_far(0, self.aligner.position))

    def snapshot(self, n: int, first: int) -> None:
        for k in range(2):
            self.w.write(self.generation, f"k{k}", self.me(), "barrier", self.out[k], n)
        self.acknowledge(n, self.taken_so_far(n, first))

    def acknowledge(self, n: int, state: Any) -> None:
        if self.aligner.ended == set(self.channels) and self.ended_at is None:
            self.ended_at = n
        self.w.resume[self.generation, self.name, n] = state["at"]
        self.w.say("ack", n, self.name, self.number, state)

    def taken_so_far(self, n: int, first: int) -> dict[str, Any]:
        return {**super().taken_so_far(n, first), "generation": self.generation}

    def told(self, n: int) -> None:
        if self.ended_at is not None and n >= self.ended_at and not self.is_finished:
            self.finish_for_good(self.taken_so_far(n, self.aligner.position))

    def finish_for_good(self, state: Any) -> None:
        self.is_finished = True
        self.w.say("finished", self.name, self.number, state)


class EndingSink(EndingTask, Sink):
    """Commits what a told checkpoint lists; the last records are part of the checkpoint that ends it."""

    def __init__(
        self, world: "FailoverWorld", name: str, snapshot: Any, attempt: Generation, generation: Generation
    ) -> None:
        super().__init__(world, name, snapshot, attempt, generation)
        self.open = []
        self.prepared = {n: list(tx) for n, tx in (snapshot or {}).get("prepared", {}).items()}

    def handle(self, records: list[Any]) -> None:
        self.open.extend(records)

    def finish(self) -> None:
        if "end" not in self.w.rules:
            self.prepared[LAST] = self.open
            self.open = []
            self.commit(LAST)
            self.finish_for_good(self.with_prepared(0, self.aligner.position))

    def snapshot(self, n: int, first: int) -> None:
        self.prepared[n], self.open = self.open, []
        self.acknowledge(n, self.with_prepared(n, first))
        if "pointer" not in self.w.rules:
            self.commit(n)

    def with_prepared(self, n: int, first: int) -> dict[str, Any]:
        return {**self.taken_so_far(n, first), "prepared": {k: list(v) for k, v in self.prepared.items()}}

    def told(self, n: int) -> None:
        self.commit(n)
        super().told(n)

    def finish_for_good(self, state: Any) -> None:
        require("end" not in self.w.rules or not self.open, f"{self.name} ends with an open transaction")
        super().finish_for_good({**state, "prepared": {}})
