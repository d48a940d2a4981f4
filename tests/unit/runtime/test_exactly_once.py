"""Random orders of everything that can happen to a job: what its sinks have committed is what was put in, once."""

import itertools
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.graph.compiled import CompiledJob
from penstock.operators.specs import MapSpec, SinkSpec, SourceSpec
from tests.job_builder import JobBuilder
from tests.unit.runtime.checkpointing import Running
from tests.unit.runtime.log_exchange import LogExchange
from tests.unit.runtime.transactions import CountingSink, Pace, PacedSource, committed

_names = itertools.count()

steps = st.lists(st.integers(0, 9), min_size=1, max_size=12)
# what checkpoints are: aligned, unaligned at once, or after a time that never passes
manners = st.sampled_from([{}, {"unaligned": True}, {"unaligned": True, "aligned_timeout_ms": 3_600_000}])
actions = st.one_of(
    st.tuples(st.just("allow"), st.integers(1, 20)),
    st.tuples(st.just("step"), steps),
    st.tuples(st.just("step"), steps),
    st.tuples(st.just("trigger"), st.just(0)),
    st.tuples(st.just("take"), st.permutations(range(10))),
    st.tuples(st.just("decide"), st.just(0)),
    st.tuples(st.just("abort"), st.just(0)),
    st.tuples(st.just("crash"), st.just(0)),
    st.tuples(st.just("move"), st.integers(0, 4)),
    st.tuples(st.just("move"), st.integers(0, 4)),
)


def diamond(name: str, sources: int, mid: int, sinks: int, records: int) -> CompiledJob:
    """Sources; two different ways through the middle, one of them without it; sinks with both as their input."""
    job = JobBuilder()
    source = job.vertex(SourceSpec(PacedSource(range(records), name)), parallelism=sources)
    middle = job.vertex(MapSpec(lambda v: ("through", v)), parallelism=mid)
    sink = job.vertex(SinkSpec(CountingSink(name)), parallelism=sinks)
    job.edge(source, middle, "REBALANCE")
    job.edge(middle, sink, "REBALANCE")
    job.edge(source, sink, "REBALANCE")
    return job.build()


class Master:
    """Takes checkpoints and restores, one after another or two at a time."""

    def __init__(self, compiled: CompiledJob, name: str, over_logs: bool = False, manner: Any = None) -> None:
        self.more: dict[str, Any] = {"bound": 8, "is_inline": True, "over_logs": over_logs}
        self.job, self.pace = Running(compiled, **self.more), Pace.of[name]
        self.manner = manner or {}
        self.pending: list[int] = []
        self.completed: int | None = None
        self.next = 1
        self.first = compiled

    def act(self, kind: str, n: Any) -> None:
        job = self.job
        tasks = list(job.tasks.values())
        match kind:
            case "allow":
                self.pace.allowed += n
            case "move" if isinstance(job.exchange, LogExchange):
                job.exchange.move(n)
            case "step":
                for which in n:
                    tasks[which % len(tasks)].step()
            case "trigger":
                self._trigger()
            case "take":
                # a whole one, with one order of the tasks
                self._trigger()
                for which in 30 * n:
                    if job.acked(self.pending[-1]):
                        break
                    tasks[which % len(tasks)].step()
                    if isinstance(job.exchange, LogExchange):
                        job.exchange.move(1)
                self.act("decide", 0)
            case "decide":
                done = [n for n in self.pending if job.acked(n)]
                if done:
                    # one that a newer one completed before is superseded, and its tasks are told
                    for older in [n for n in self.pending if n < done[-1]]:
                        job.abort(older)
                    self.pending = [n for n in self.pending if n > done[-1]]
                    self.completed = done[-1]
                    job.complete(done[-1])
            case "abort" if self.pending:
                job.abort(self.pending.pop(0))
            case "crash":
                self._crash()
        assert not any(t.failure for t in tasks), [t.failure for t in tasks]

    def _trigger(self) -> None:
        # an unaligned one is not begun beside another one, as by the JobMaster
        manner = {} if self.pending else self.manner
        self.pending.append(self.next)
        self.job.trigger(self.next, **manner)
        self.next += 1

    def _crash(self) -> None:
        self.pending = []
        if self.completed is not None:
            self.job = self.job.restored(self.completed)
        else:
            self.job.close()
            self.job = Running(self.first, attempt=self.job.attempt + 1, **self.more)

    def end(self) -> None:
        for n in self.pending:
            self.job.abort(n)
        self.pace.allowed = 1 << 40
        self.job.finish(self.next)
        self.job.close()


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 2),
    st.integers(1, 2),
    st.integers(0, 60),
    st.lists(actions, max_size=60),
    st.booleans(),
    manners,
)
def test_nothing_is_lost_and_nothing_doubled(
    sources: int,
    mid: int,
    sinks: int,
    records: int,
    happening: list[tuple[str, Any]],
    over_logs: bool,
    manner: dict[str, Any],
) -> None:
    name = f"random-{next(_names)}"
    Pace.of[name] = Pace(allowed=0, most=3)
    master = Master(diamond(name, sources, mid, sinks, records), name, over_logs, manner)
    for kind, n in happening:
        master.act(kind, n)
    master.end()
    expected: Counter[Any] = Counter(range(records))
    expected.update(("through", v) for v in range(records))
    assert Counter(committed(name)) == expected
