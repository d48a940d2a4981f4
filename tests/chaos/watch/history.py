"""What leaders have committed, and what was refused to them, as the coordination Redis carried it out.

Checked as it goes: the epochs of accepted commits of a role never fall, revisions rise by one, and what a job is
restored from is the newest checkpoint that can be used.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import redis
from msgspec import Struct

from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode
from penstock.coordination.rows import CheckpointRow, CheckpointsRow, ExecutionRow, JobRow
from penstock.security.keyring import UNSIGNED, Keyring
from tests.chaos.watch.monitor import Command, Monitor

T = TypeVar("T", bound=Struct)
_SCRIPTS = ("EVALSHA", "EVAL")
_CHECKPOINT = "checkpoint:"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A commit that somebody sent."""

    at: float
    client: str
    role: str
    epoch: int
    revision: int  #: that it expects
    nonce: str


@dataclass(slots=True)
class _Role:
    """What is known of a role. The numbers are -1 where a gap hides them; a role begins with 0."""

    epoch: int = 0  #: of the last accepted commit
    counter: int = 0  #: the newest epoch that was handed out
    revision: int = 0
    nonce: str = ""
    rows: dict[str, bytes] = field(default_factory=dict)
    commits: list[tuple[float, int]] = field(default_factory=list)  #: (when, epoch)


class History:
    """Of one cluster, from when it is made. Thread-safe."""

    def __init__(
        self, client: Callable[[], "redis.Redis"], url: str, keyring: Keyring = UNSIGNED, prefix: str = "penstock"
    ) -> None:
        self._client, self._keyring, self.keys = client, keyring, Keys(prefix)
        self._lock = threading.RLock()
        self._roles: dict[str, _Role] = defaultdict(_Role)
        self._open: Attempt | None = None
        self._restoring: tuple[str, CheckpointsRow] | None = None
        self.problems: list[str] = []
        #: what happened how often: see `docs/chaos.md`
        self.counts: Counter[str] = Counter()
        #: called with the role as soon as somebody has become its leader
        self.on_leader: Callable[[str], None] = lambda role: None
        #: called with every command, at once: keep it short
        self.on_command: Callable[[Command], None] = lambda command: None
        self.may_be_older = False
        self._monitor = Monitor(url, self._on_command, self._on_connected)

    def close(self) -> None:
        self._monitor.close()

    def commits(self, role: str) -> list[tuple[float, int]]:
        """(when, epoch) of all accepted ones."""
        with self._lock:
            return list(self._roles[role].commits)

    def epoch(self, role: str) -> int:
        """The newest that was handed out."""
        with self._client() as client:
            counted: Any = client.get(self.keys.epoch(role))
        return int(counted or 0)

    def taken_over(self, role: str, since: int) -> float | None:
        """When the first commit under an epoch beyond `since` was accepted; None: not yet."""
        return next((at for at, epoch in self.commits(role) if epoch > since), None)

    def row(self, role: str, name: str, kind: type[Any]) -> Any | None:
        with self._lock:
            value = self._roles[role].rows.get(name)
        return None if value is None else self._decoded(role, name, value, kind)

    def attempts(self, job: str) -> dict[str, int]:
        """Subtask -> number of its current attempt."""
        with self._lock:
            rows = dict(self._roles[f"job:{job}"].rows)
        return {
            name: self._decoded(f"job:{job}", name, row, ExecutionRow).attempt
            for name, row in rows.items()
            if name.startswith("execution:")
        }

    def _decoded(self, role: str, name: str, value: bytes, kind: type[T]) -> T:
        return decode(self._keyring.open("row", f"{role} {name}", value), kind)

    # -- the monitor's thread ------------------------------------------------------------------------------------------

    def _on_connected(self) -> None:
        """Rows may have changed unseen: read them again, and begin anew with the numbers."""
        with self._client() as client, self._lock:
            self._open = self._restoring = None
            start = self.keys.epoch("")
            for key in client.scan_iter(f"{start}*", count=1000):
                role = self._roles[key.decode().removeprefix(start)]
                role.revision = role.counter = -1
                role.nonce = ""
                if self.may_be_older:
                    role.epoch = -1
                rows: Any = client.hgetall(self.keys.rows(key.decode().removeprefix(start)))
                role.rows = {name.decode(): value for name, value in rows.items()}

    def _on_command(self, command: Command) -> None:
        try:
            self.on_command(command)
            self._follow(command)
        except Exception as error:
            # the thread must live; the run fails for it
            self.problems.append(f"history: {error!r} at {command.arguments[:2]}")

    def _follow(self, command: Command) -> None:
        with self._lock:
            if not command.script:
                self._check_restore()
                self._open = self._attempt(command) if command.name in _SCRIPTS else None
            elif self._open is not None and command.name == "HSET":
                self._on_written(self._open, command)
            elif command.name in ("INCR", "SET") and b":epoch:" in command.arguments[1]:
                self._on_epoch(command)

    def _attempt(self, command: Command) -> Attempt | None:
        """A call of the commit script, by its keys."""
        arguments = command.arguments
        if len(arguments) < 7 or not arguments[2].isdigit() or int(arguments[2]) < 3:
            return None
        keys = [key.decode(errors="replace") for key in arguments[3 : 3 + int(arguments[2])]]
        if ":epoch:" not in keys[0] or not keys[1].endswith(":rows") or not keys[2].endswith(":outbox"):
            return None
        rest = arguments[3 + len(keys) :]
        role = keys[0].partition(":epoch:")[2]
        made = Attempt(command.at, command.client, role, int(rest[0]), int(rest[1]), rest[2].decode())
        known = self._roles[role]
        if 0 <= made.epoch < known.counter:
            self.counts["stale leader's commit refused"] += 1
        elif known.revision >= 0 and made.revision != known.revision:
            same = made.nonce == known.nonce
            self.counts["own commit recognised" if same else "commit of another revision refused"] += 1
        return made

    def _on_written(self, attempt: Attempt, command: Command) -> None:
        key, *pairs = command.arguments[1:]
        if key.decode() != self.keys.rows(attempt.role):
            return
        role = self._roles[attempt.role]
        changed = {name.decode(): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}
        if "revision" in changed:
            self._on_accepted(attempt, role, int(changed["revision"]), changed["nonce"].decode())
            return
        for name, value in changed.items():
            before = role.rows.get(name)
            role.rows[name] = value
            if name == "checkpoints":
                self._on_checkpoints(attempt.role, before, value)

    def _on_accepted(self, attempt: Attempt, role: _Role, revision: int, nonce: str) -> None:
        self.counts["commit"] += 1
        if attempt.epoch < role.epoch:
            self.problems.append(f"{attempt.role}: a commit of epoch {attempt.epoch} was accepted after {role.epoch}")
        if attempt.epoch < role.counter:
            self.problems.append(f"{attempt.role}: a commit of epoch {attempt.epoch} was accepted under {role.counter}")
        if role.revision >= 0 and revision != role.revision + 1:
            self.problems.append(f"{attempt.role}: revision {revision} follows {role.revision}")
        if role.nonce and nonce == role.nonce:
            self.problems.append(f"{attempt.role}: one commit was accepted twice, as revision {revision}")
        # accepted: it had the newest epoch
        role.epoch = role.counter = attempt.epoch
        role.revision, role.nonce = revision, nonce
        role.commits.append((attempt.at, attempt.epoch))

    def _on_epoch(self, command: Command) -> None:
        name = command.arguments[1].decode().partition(":epoch:")[2]
        role = self._roles[name]
        if command.name == "SET":
            role.counter = int(command.arguments[2])
            self.counts["epochs jumped"] += 1
            return
        role.counter += 1 if role.counter >= 0 else 0
        self.counts["lease acquired"] += 1
        threading.Thread(target=self.on_leader, args=(name,), daemon=True).start()

    def _on_checkpoints(self, role: str, before: bytes | None, value: bytes) -> None:
        now = self._decoded(role, "checkpoints", value, CheckpointsRow)
        then = CheckpointsRow() if before is None else self._decoded(role, "checkpoints", before, CheckpointsRow)
        if now.restored > then.restored:
            self._restoring = role, now

    def _check_restore(self) -> None:
        """Once all rows of the commit are known."""
        if self._restoring is None:
            return
        (name, now), self._restoring = self._restoring, None
        self.counts["restored"] += 1
        rows = [
            self._decoded(name, key, row, CheckpointRow)
            for key, row in self._roles[name].rows.items()
            if key.startswith(_CHECKPOINT)
        ]
        newest = max((row.checkpoint for row in rows if _may_be_restored(row)), default=None)
        if any(row.unusable and row.checkpoint > (newest or 0) for row in rows):
            self.counts["fell back to an older checkpoint"] += 1
        job = self._decoded(name, "job", self._roles[name].rows["job"], JobRow)
        wanted = newest if newest is not None else job.initial and job.initial.checkpoint
        if now.restored_id != wanted:
            self.problems.append(f"{name}: restored {now.restored_id}, and {wanted} is the newest usable one")


def _may_be_restored(row: CheckpointRow) -> bool:
    """As in Flink since 1.15: not from a savepoint that somebody took in passing."""
    passing = row.options.savepoint and row.options.stop == "none"
    return row.status == "COMPLETED" and not (passing or row.unusable or row.discarded)
