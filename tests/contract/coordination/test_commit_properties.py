"""Any interleaving of two leaders, takeovers, lost answers and delayed duplicates: the store follows its specification.

The specification is the model below; it needs a list of what was applied and nothing of how scripts work.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.coordination.coordination import Coordination
from penstock.coordination.operations import Commit, Committed, StreamAdd

pytestmark = pytest.mark.contract

ROLE = "job:j"


@dataclass
class Leader:
    """A jobmanager's belief: may be out of date in every respect."""

    epoch: int = 0
    revision: int = 0


@dataclass
class Model:
    """What must have happened."""

    epoch: int = 0
    applied: list[Commit] = field(default_factory=list)

    def answer(self, commit: Commit) -> Committed:
        if commit.epoch != self.epoch or self.epoch == 0:
            return "FENCED"
        if commit.revision == len(self.applied):
            self.applied.append(commit)
            return "OK"
        return "OK" if self.applied and self.applied[-1].nonce == commit.nonce else "CONFLICT"


Step = tuple[str, int]
_leader = st.integers(0, 1)
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(st.just("take over"), _leader),
        st.tuples(st.just("reload"), _leader),
        st.tuples(st.just("decide"), _leader),
        st.tuples(st.just("deliver newest"), _leader),
        st.tuples(st.just("deliver any"), st.integers(0, 30)),
    ),
    max_size=40,
)


class Run:
    """One interleaving against one coordination plane."""

    def __init__(self, coordination: Coordination) -> None:
        self.coordination = coordination
        self.model = Model()
        self.leaders = [Leader(), Leader()]
        self.sent: list[Commit] = []
        self.stream = coordination.keys.slot_commands("j", "a")
        self.holder = ""

    def step(self, action: str, number: int) -> None:
        if action == "deliver any":
            if self.sent:
                self.deliver(self.sent[number % len(self.sent)])
        elif action == "deliver newest":
            if self.sent:
                self.deliver(self.sent[-1])
        elif action == "take over":
            self.take_over(self.leaders[number])
        elif action == "reload":
            self.leaders[number].revision = self.coordination.store.load(ROLE).revision
        else:
            self.decide(self.leaders[number])

    def take_over(self, leader: Leader) -> None:
        if self.holder:
            assert self.coordination.leases.release(ROLE, self.holder)
        self.model.epoch += 1
        self.holder = f"lease {self.model.epoch}"
        acquired = self.coordination.leases.acquire(ROLE, self.holder, 60_000)
        assert acquired == self.model.epoch
        leader.epoch = acquired
        leader.revision = self.coordination.store.load(ROLE).revision

    def decide(self, leader: Leader) -> None:
        nonce = f"nonce {len(self.sent)}"
        self.sent.append(
            Commit(
                role=ROLE,
                epoch=leader.epoch,
                revision=leader.revision,
                nonce=nonce,
                rows={f"row {leader.revision % 3}": nonce.encode(), f"row {(leader.revision + 1) % 3}": None},
                cursor=f"{len(self.sent)}-1",
                outbox={nonce: b"effect"},
                ops=[StreamAdd(self.stream, nonce.encode())],
            )
        )
        leader.revision += 1

    def deliver(self, commit: Commit) -> None:
        assert self.coordination.store.commit(commit) == self.model.answer(commit)

    def check(self) -> None:
        rows: dict[str, bytes] = {}
        outbox: dict[str, bytes] = {}
        for commit in self.model.applied:
            for target, changes in ((rows, commit.rows), (outbox, commit.outbox)):
                for name, value in changes.items():
                    target.pop(name, None)
                    if value is not None:
                        target[name] = value
        state = self.coordination.store.load(ROLE)
        assert (state.rows, state.outbox, state.revision) == (rows, outbox, len(self.model.applied))
        assert state.cursor == (self.model.applied[-1].cursor if self.model.applied else "0-0")
        nonces = [commit.nonce.encode() for commit in self.model.applied]
        entries = self.coordination.events.read({self.stream: "0-0"}).get(self.stream, [])
        assert [payload for _, payload in entries] == nonces
        assert len(set(nonces)) == len(nonces), "a commit happened twice"


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_interleaving(fresh: Callable[[], Coordination], steps: list[Step]) -> None:
    run = Run(fresh())
    for action, number in steps:
        run.step(action, number)
        run.check()
