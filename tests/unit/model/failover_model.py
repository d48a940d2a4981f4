"""An executable model of what dies: sources and tasks alone, all at once, JobMasters, a Redis that comes back older.

Builds on `exchange_model`: the same two sources, two order-dependent tasks and two transactional sinks. Beside it here
are the coordination plane (rows under guarded commits, an outbox carried out at least once, events read from a cursor,
leaders that are superseded while they still act, commits that arrive twice), credit, trimmed logs, and tasks that end
by a checkpoint.

Giving up what is pending in the commit that makes new attempts is no rule here: `attempt` makes it safe, and it only
saves the wait for the timeout. Rules of its own, each of which can be left out:
  fence      a commit counts only under the newest epoch
  revision   a commit counts only on the revision it was decided on: a late copy of it does nothing
  attempt    acks and triggers are of one attempt: what a superseded one says or hears does not count
  once       a task acts on a trigger once, however often the command comes
  mirror     a stored checkpoint is told only once its mirror is written; a Redis that is behind the mirror adopts it
  cut        a restarted source sends a barrier once it has caught up; a barrier counts only at the sequence taken
  agree      a checkpoint is stored only where all consumers had taken just what their producers had sent: a zombie that
             went on to its end makes a consumer align without the barrier of the attempt that counts
  trimmed    a reader that would begin in the trimmed part of its log restarts all tasks instead
  credit     consumers publish what they take, not what they trim
  end        a task is finished only by a checkpoint begun after its end
"""

import copy
import random
from typing import Any

from tests.unit.model.exchange_model import RULES as EXCHANGE_RULES
from tests.unit.model.failover_rows import TASKS, Event, Generation, JobMaster, Rows
from tests.unit.model.failover_tasks import EndingSink, EndingTask, RestartingSource
from tests.unit.model.model_log import Channel, Log
from tests.unit.model.model_tasks import N_RECORDS, mix, require

RULES = frozenset({"fence", "revision", "attempt", "once", "mirror", "cut", "agree", "trimmed", "credit", "end"})
FAULTS = ("takeovers", "local", "whole", "rollbacks")
CREDIT, RETAINED = 12, 40  #: records, entries


class RetainedLog(Log):
    """What lies below `trimmed` is gone: a reader there sees nothing of it."""

    def __init__(self) -> None:
        super().__init__()
        self.trimmed = 0

    def trim(self, upto: int) -> None:
        for at in range(self.trimmed, min(upto, len(self.entries))):
            self.entries[at] = (("gone", 0), "cancel", 0, -1)
        self.trimmed = max(self.trimmed, min(upto, len(self.entries)))


class FailoverWorld:
    """One run. `rules`: those that are kept, the exchange's among them."""

    def __init__(self, seed: int, rules: frozenset[str] = RULES) -> None:
        self.rnd, self.rules = random.Random(seed), rules | EXCHANGE_RULES
        sources: list[Channel] = [("s", 0), ("s", 1)]
        middles: list[Channel] = [("m", 0), ("m", 1)]
        self.inputs = {"m0": sources, "m1": sources, "k0": middles, "k1": middles}
        self.epoch = 1
        self.rows, self.events = Rows(), list[Event]()
        self.history: list[Rows] = [copy.deepcopy(self.rows)]
        self.late: list[tuple[int, int, Rows]] = []
        self.mirror: tuple[int, dict[str, Any], int] | None = None
        self.rolled_back = False
        self.logs: dict[Generation, dict[str, RetainedLog]] = {}
        self.published: dict[tuple[Generation, str, Channel], int] = {}
        self.resume: dict[tuple[Generation, str, int], int] = {}
        self.committed: dict[str, dict[int, list[Any]]] = {"k0": {}, "k1": {}}
        self.tasks: dict[str, Any] = {}
        self.zombies: list[list[Any]] = []
        self.leader, self.stale = JobMaster(self, 1), list[JobMaster]()
        self.seen = dict.fromkeys(
            ("takeovers", "fenced", "conflicts", "local", "whole", "rollbacks", "ends", "over-trimmed"), 0
        )
        self.do_deploy(self.leader, TASKS, self.rows.generation)

    # -- the coordination Redis --------------------------------------------------------------------------------------
    def commit(self, epoch: int, expected: int, rows: Rows) -> str:
        if "fence" in self.rules and epoch != self.epoch:
            self.seen["fenced"] += 1
            return "fenced"
        if "revision" in self.rules and expected != self.rows.revision:
            self.seen["conflicts"] += 1
            return "conflict"
        if self.rnd.random() < 0.2:
            self.late.append((epoch, expected, copy.deepcopy(rows)))
        self.rows = copy.deepcopy(rows)
        self.rows.revision = expected + 1
        self.history.append(copy.deepcopy(self.rows))
        return "ok"

    def say(self, kind: str, *rest: Any) -> None:
        self.events.append((kind, *copy.deepcopy(rest)))

    # -- the exchange ------------------------------------------------------------------------------------------------
    def log(self, generation: Generation, name: str) -> RetainedLog:
        return self.logs[generation][name]

    def write(
        self, generation: Generation, log: str, channel: Channel, kind: str, seq: int, payload: Any = None
    ) -> None:
        if generation not in self.logs:
            return  # its logs were deleted: fenced
        copies = 2 if self.rnd.random() < 0.05 and kind == "data" else 1
        for _ in range(copies):
            self.logs[generation][log].append(channel, kind, seq, payload)

    def taken(self, generation: Generation, log: str, channel: Channel) -> int:
        return self.published.get((generation, log, channel), 0)

    def has_credit(self, task: Any) -> bool:
        """Every channel of the task has less than its credit under way, or nothing at all."""
        if isinstance(task, RestartingSource):
            sent = {f"m{m}": n for m, n in task.seq.items()}
            channel = ("s", task.i)
        elif task.name[0] == "m":
            sent, channel = {f"k{k}": n for k, n in task.out.items()}, task.me()
        else:
            return True
        return all(n - self.taken(task.generation, log, channel) < CREDIT for log, n in sent.items())

    def consumed(self, task: Any) -> None:
        """Publish what was taken; keep what the newest told checkpoint needs, as far as the bound allows."""
        log = task.log()
        needed = task.needed()
        if "credit" in self.rules:
            for channel, n in task.taken.items():
                key = task.generation, task.name, channel
                self.published[key] = max(n, self.published.get(key, 0))
        if self.tasks[task.name] is not task:
            return  # only the live attempt trims
        keep = self.resume.get((task.generation, task.name, self.rows.told), 0)
        if len(log.entries) - log.trimmed > RETAINED and needed > keep:
            self.seen["over-trimmed"] += 1
            keep = needed
        log.trim(min(keep, needed))

    # -- effects, carried out at least once ----------------------------------------------------------------------------
    def do_trigger(self, jm: JobMaster, n: int) -> None:
        who = [self.tasks["s0"], self.tasks["s1"]]
        if "attempt" not in self.rules:
            who = [z[0] for z in self.zombies if isinstance(z[0], RestartingSource)] + who
        for source in who:
            source.trigger(n)
        # tasks whose producers have finished are heads
        for level, names in (("s", ("m0", "m1")), ("m", ("k0", "k1"))):
            if all(f"{level}{i}" in jm.rows.finished for i in range(2)):
                for name in names:
                    task = self.tasks[name]
                    if not task.is_finished and task.aligner.ended == set(task.channels) and task.aligner.done_upto < n:
                        task.aligner.done_upto = n
                        task.snapshot(n, task.aligner.position)

    def do_cancel(self, jm: JobMaster, n: int, generation: Generation) -> None:
        for log in self.logs.get(generation, {}).values():
            log.append(("j", 0), "cancel", 0, n)

    def do_mirror(self, jm: JobMaster, n: int) -> None:
        if jm.rows.stored is not None and jm.rows.stored[0] >= n and (self.mirror is None or self.mirror[0] < n):
            self.mirror = (jm.rows.stored[0], copy.deepcopy(jm.rows.stored[1]), jm.rows.next_id)

    def do_tell(self, jm: JobMaster, n: int) -> None:
        jm.rows.told = max(jm.rows.told, n)
        for task in self.tasks.values():
            task.told(n)

    def do_deploy(self, jm: JobMaster, names: tuple[str, ...], generation: Generation) -> None:
        if generation != jm.rows.generation:
            return
        if generation not in self.logs:
            self.logs = {generation: {x: RetainedLog() for x in self.inputs}}
        snapshots = jm.rows.stored[1] if jm.rows.stored else {}
        for name in names:
            attempt = jm.rows.attempt[name]
            old: Any = self.tasks.get(name)
            if old is not None and (old.attempt if name[0] == "s" else old.number) == attempt:
                continue  # the second copy of the command
            if old is not None and self.rnd.random() < 0.5:
                # one in three is never seen to stop
                self.zombies.append([old, self.rnd.choice((5, 20, 1000))])
            self.tasks[name] = task = self._make(name, copy.deepcopy(snapshots.get(name)), attempt, generation)
            if jm.rows.stored and name[0] == "k":
                task.commit(jm.rows.stored[0])

    def _make(self, name: str, snapshot: Any, attempt: Generation, generation: Generation) -> Any:
        if name[0] == "s":
            return RestartingSource(self, int(name[1]), snapshot, attempt, generation)
        return (EndingTask if name[0] == "m" else EndingSink)(self, name, snapshot, attempt, generation)

    # -- the scheduler -------------------------------------------------------------------------------------------------
    def run(self, faults: int) -> None:
        for _ in range(60_000):
            if len(self.rows.finished) == len(TASKS):
                return
            self.something(faults)
        require(False, "stuck")

    def something(self, faults: int) -> None:
        r, rnd = self.rnd.random(), self.rnd
        if r < 0.01 and sum(self.seen[k] for k in FAULTS) < faults:
            self.fault()
        elif r < 0.03:
            self.leader.trigger()
        elif r < 0.033:
            self.leader.time_out()
        elif r < 0.15:
            self.leader.handle()
        elif r < 0.25:
            self.leader.effect()
        elif r < 0.27 and self.stale:
            old = rnd.choice(self.stale)
            rnd.choice((old.handle, old.trigger, old.time_out))()
            if old.gone or rnd.random() < 0.1:
                self.stale.remove(old)
        elif r < 0.28 and self.late:
            self.commit(*self.late.pop(rnd.randrange(len(self.late))))
        elif r < 0.4:
            self.tasks[rnd.choice(("s0", "s1"))].step()
        elif r < 0.53 and self.zombies:
            zombie = rnd.choice(self.zombies)
            zombie[0].step()
            zombie[1] -= 1
            if not zombie[1]:
                self.zombies.remove(zombie)
        else:
            self.tasks[rnd.choice(("m0", "m1", "k0", "k1"))].step()

    def fault(self) -> None:
        kind = self.rnd.choice(("takeovers", "local", "local", "whole", "rollbacks"))
        self.seen[kind] += 1
        if kind == "local":
            name = self.rnd.choice(TASKS)
            task = self.tasks[name]
            self.say("lost", name, task.attempt if name[0] == "s" else task.number, False)
        elif kind == "whole":
            task = self.tasks["m0"]
            self.say("lost", "m0", task.number, True)
        else:
            self.stale.append(self.leader)
            if self.late and self.rnd.random() < 0.7:
                self.commit(*self.late.pop())
            if kind == "rollbacks":
                self._roll_back()
            self.epoch += 1
            self.leader = JobMaster(self, self.epoch)
            self.leader.adopt()

    def _roll_back(self) -> None:
        back = self.rnd.randint(1, 4)
        self.rows = copy.deepcopy(self.history[max(0, len(self.history) - 1 - back)])
        self.rolled_back = True

    def check(self) -> None:
        self.seen["ends"] += 1
        got = [r for k in ("k0", "k1") for tx in self.committed[k].values() for r in tx]
        inputs = sorted(r for _, _, r in got)
        require(inputs == sorted((i, r) for i in range(2) for r in range(N_RECORDS)), "lost or doubled records")
        for m in range(2):
            state, left = 0, {r: s for name, s, r in got if name == f"m{m}"}
            while left:
                successors = [r for r, s in left.items() if mix(state, r) == s]
                require(len(successors) == 1, f"m{m}: forked history")
                state = left.pop(successors[0])
