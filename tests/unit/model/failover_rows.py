"""The model's coordination plane: durable rows, guarded commits, an event stream, and JobMasters that come and go."""

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from tests.unit.model.failover_model import FailoverWorld

Event: TypeAlias = tuple[
    Any, ...
]  #: ("ack", n, who, attempt, snapshot) | ("lost", who, attempt, whole) | ("finished", …)
Effect: TypeAlias = tuple[Any, ...]
Generation: TypeAlias = tuple[int, int]  #: (epoch of the JobMaster, number): ordered, never handed out twice
TASKS = ("s0", "s1", "m0", "m1", "k0", "k1")


@dataclass
class Rows:
    """What a commit changes, all together."""

    revision: int = 0
    cursor: int = 0
    generation: Generation = (0, 0)
    attempt: dict[str, Generation] = field(default_factory=lambda: dict.fromkeys(TASKS, (0, 0)))
    next_id: int = 1
    pending: dict[int, dict[str, Any]] = field(default_factory=dict)
    stored: tuple[int, dict[str, Any]] | None = None
    told: int = 0
    finished: dict[str, Any] = field(default_factory=dict)  #: who -> its final snapshot
    outbox: list[Effect] = field(default_factory=list)


class JobMaster:
    """Decides on a copy of the rows and commits it. `epoch`: its fencing token."""

    def __init__(self, world: "FailoverWorld", epoch: int) -> None:
        self.w, self.epoch, self.gone = world, epoch, False
        self.load()

    def load(self) -> None:
        self.rows = copy.deepcopy(self.w.rows)

    def commit(self) -> None:
        """What was decided, under the guards. A conflict loads the rows anew: what was decided is forgotten."""
        expected = self.rows.revision
        answer = self.w.commit(self.epoch, expected, self.rows)
        if answer == "fenced":
            self.gone = True
        elif answer == "conflict":
            self.load()
        else:
            self.rows.revision = self.w.rows.revision

    # -- decisions ---------------------------------------------------------------------------------------------------
    def adopt(self) -> None:
        """Right after the lease: is the mirror ahead of these rows, Redis came back older."""
        mirror = self.w.mirror
        behind = mirror is not None and mirror[0] > (self.rows.stored[0] if self.rows.stored else 0)
        if "mirror" in self.w.rules and mirror is not None and (behind or self.w.rolled_back):
            n, snapshots, next_id = mirror
            if behind:
                self.rows.stored = (n, copy.deepcopy(snapshots))
                self.rows.told = n
            # ids of checkpoints that were begun and forgotten must not come again either
            self.rows.next_id = max(self.rows.next_id, next_id) + 100
            self.rows.finished.clear()
        if self.w.rolled_back:
            self.w.rolled_back = False
            self.rows.cursor = len(self.w.events)
            self.restart_all()
        self.commit()

    def handle(self) -> None:
        events = self.w.events[self.rows.cursor : self.rows.cursor + self.w.rnd.randint(1, 3)]
        if not events:
            return
        self.rows.cursor += len(events)
        for kind, *rest in events:
            getattr(self, f"on_{kind}")(*rest)
        self.commit()

    def on_ack(self, n: int, who: str, attempt: Generation, snapshot: Any) -> None:
        acks = self.rows.pending.get(n)
        if acks is None or ("attempt" in self.w.rules and attempt != self.rows.attempt[who]):
            return
        acks[who] = snapshot
        if len(acks) == len(TASKS):
            self.complete(n)

    def complete(self, n: int) -> None:
        acks = self.rows.pending.pop(n)
        if "agree" in self.w.rules and not agree(acks):
            self.rows.outbox.append(("cancel", n, self.rows.generation))
            return
        if self.rows.stored is None or n > self.rows.stored[0]:
            self.rows.stored = (n, acks)
        self.rows.outbox.append(("mirror", n))

    def on_finished(self, who: str, attempt: Generation, snapshot: Any) -> None:
        if attempt == self.rows.attempt[who]:
            self.rows.finished[who] = snapshot
            for n, acks in list(self.rows.pending.items()):
                acks.setdefault(who, snapshot)
                if len(acks) == len(TASKS):
                    self.complete(n)

    def on_lost(self, who: str, attempt: Generation, whole: bool) -> None:
        if attempt != self.rows.attempt[who] or who in self.rows.finished:
            return
        if whole:
            self.restart_all()
            return
        self.abort_all()
        self.rows.attempt[who] = (self.epoch, self.rows.attempt[who][1] + 1)
        self.rows.outbox.append(("deploy", (who,), self.rows.generation))

    def restart_all(self) -> None:
        self.abort_all()
        self.rows.generation = (self.epoch, self.rows.generation[1] + 1)
        self.rows.attempt = {who: (self.epoch, k + 1) for who, (_, k) in self.rows.attempt.items()}
        self.rows.finished.clear()
        self.rows.outbox.append(("deploy", TASKS, self.rows.generation))

    def abort_all(self) -> None:
        for n in list(self.rows.pending):
            del self.rows.pending[n]
            self.rows.outbox.append(("cancel", n, self.rows.generation))

    def trigger(self) -> None:
        if self.rows.pending or len(self.rows.finished) == len(TASKS):
            return
        n, self.rows.next_id = self.rows.next_id, self.rows.next_id + 1
        self.rows.pending[n] = dict(self.rows.finished)
        self.rows.outbox.append(("trigger", n))
        self.commit()

    def time_out(self) -> None:
        if self.rows.pending:
            self.abort_all()
            self.commit()

    def effect(self) -> None:
        """Carry one effect out, in order; whether the commit that forgets it gets through is another matter."""
        if not self.rows.outbox:
            return
        kind, *rest = self.rows.outbox[0]
        # committed first, carried out after: the rows it was decided on are the durable ones
        getattr(self.w, f"do_{kind}")(self, *rest)
        if kind == "mirror":
            self.rows.outbox[0] = ("tell", *rest)
        else:
            self.rows.outbox.pop(0)
        if self.w.rnd.random() < 0.9:
            self.commit()
        else:
            self.load()


def agree(acks: dict[str, Any]) -> bool:
    """Whether every channel's consumer had taken just what its producer had sent."""
    sent = {("s", i, m): acks[f"s{i}"][1][m] for i in range(2) for m in range(2)}
    sent |= {("m", i, k): acks[f"m{i}"]["out"][k] for i in range(2) for k in range(2)}
    into = {"s": "m", "m": "k"}
    return all(acks[f"{into[level]}{to}"]["taken"][level, i] == n for (level, i, to), n in sent.items())
