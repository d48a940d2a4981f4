"""Random schedules of a job whose sinks are slow: what is in flight at an unaligned checkpoint is neither lost nor
doubled."""

import random
from collections import Counter
from typing import Any

import pytest

from penstock.operators.specs import MapSpec, SinkSpec, SourceSpec
from tests.job_builder import JobBuilder
from tests.unit.runtime.checkpointing import Running
from tests.unit.runtime.log_exchange import LogExchange
from tests.unit.runtime.transactions import CountingSink, Pace, PacedSource, committed

RECORDS = 150


class World:
    """Steps tasks and logs in a random order; the later in the job, the rarer."""

    def __init__(self, seed: int) -> None:
        self.choice = random.Random(seed)
        self.name = f"unaligned-{seed}"
        Pace.of[self.name] = Pace(most=self.choice.randrange(1, 8))
        job = JobBuilder()
        source = job.vertex(SourceSpec(PacedSource(range(RECORDS), self.name)), parallelism=self.choice.randrange(1, 4))
        copies, strategy = (
            self.choice.randrange(1, 3),
            self.choice.choice(["REBALANCE", "BROADCAST", "SHUFFLE", "GLOBAL"]),
        )
        middle = job.vertex(MapSpec(lambda v: ("through", v)), parallelism=copies)
        sink = job.vertex(SinkSpec(CountingSink(self.name)), parallelism=self.choice.randrange(1, 3))
        job.edge(source, middle, strategy)
        self.copies = copies if strategy == "BROADCAST" else 1
        job.edge(middle, sink, "REBALANCE")
        job.edge(source, sink, "REBALANCE")
        self.compiled = job.build()
        self.more: dict[str, Any] = {"bound": 8, "is_inline": True, "over_logs": self.choice.random() < 0.7}
        self.timeout = self.choice.choice([0, 0, 3_600_000])
        self.job = Running(self.compiled, **self.more)
        self.in_flight: Counter[str] = Counter()

    def steps(self, most: int) -> None:
        tasks = [t for t in self.job.tasks.values() if not t.state.is_terminal]
        places = {v.id: n for n, v in enumerate(self.compiled.graph.vertices)}
        weights = [1.0 / (1 + 6 * places[t.vertex]) for t in tasks]
        for _ in range(most):
            if tasks:
                self.choice.choices(tasks, weights)[0].step()
            if isinstance(self.job.exchange, LogExchange):
                self.job.exchange.move(self.choice.randrange(3))
        failed = [t.failure for t in self.job.tasks.values() if t.failure]
        assert not failed, failed

    def checkpoint(self, n: int) -> bool:
        """Whether it was completed; others are aborted somewhere in between."""
        self.job.trigger(n, unaligned=True, aligned_timeout_ms=self.timeout)
        patience = self.choice.choice([3, 40, 400])
        for _ in range(patience):
            if self.job.acked(n):
                self.job.complete(n)
                for (checkpoint, _, _), found in self.job.files.channels().items():
                    if checkpoint == n:
                        self.in_flight["input"] += bool(found.input)
                        self.in_flight["output"] += bool(found.output)
                return True
            self.steps(1)
        self.job.abort(n)
        return False

    def run(self) -> None:
        completed = None
        for n in range(1, 12):
            self.steps(self.choice.randrange(40))
            if self.checkpoint(n):
                completed = n
            self.steps(self.choice.randrange(10))
            if self.choice.random() < 0.4:
                if completed is None:
                    self.job.close()
                    self.job = Running(self.compiled, attempt=self.job.attempt + 1, **self.more)
                else:
                    self.job = self.job.restored(completed)
        self.job.finish(1000)
        self.job.close()
        expected: Counter[Any] = Counter(range(RECORDS))
        expected.update({("through", v): self.copies for v in range(RECORDS)})
        assert Counter(committed(self.name)) == expected


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_nothing_in_flight_is_lost_or_doubled(first: int) -> None:
    in_flight: Counter[str] = Counter()
    for seed in range(first, first + 20):
        world = World(seed)
        try:
            world.run()
        except BaseException as e:
            e.add_note(f"seed {seed}")
            raise
        in_flight += world.in_flight
    assert in_flight["input"] > 10 and in_flight["output"] > 3, in_flight
