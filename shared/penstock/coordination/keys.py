"""Every key name in Redis, coordination and exchange, in one place. `prefix` separates clusters that share a Redis.

Conventions: a `:events` stream is read by one leader from its committed cursor; a `:commands` stream is written only by
a leader's commit script; `epoch:` keys never expire.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """Key names of one cluster (`cluster.id`)."""

    prefix: str = "penstock"

    def _(self, *parts: object) -> str:
        return ":".join((self.prefix, *map(str, parts)))

    # -- leases: role is "resourcemanager" or "job:<job id>" ---------------------------------------------------------
    def lease(self, role: str) -> str:
        """String with PX: the holder's nonce. Absent: free."""
        return self._("lease", role)

    def epoch(self, role: str) -> str:
        """Counter: the fencing token of the newest lease. Never expires."""
        return self._("epoch", role)

    def lease_wake(self) -> str:
        """Stream: a role was released or a job submitted. Contenders block on it."""
        return self._("wake")

    # -- leader rows, one set a role: "resourcemanager" or "job:<job id>" --------------------------------------------
    def rows(self, role: str) -> str:
        """Hash: row name -> JSON, and the fields `revision`, `nonce`, `cursor`; written by the commit script alone."""
        return self._(role, "rows")

    def outbox(self, role: str) -> str:
        """Hash: effect id -> JSON effect; committed with the rows, carried out after, deleted by a later commit."""
        return self._(role, "outbox")

    def events(self, role: str) -> str:
        """Stream: what happened, for the role's leader."""
        return self._(role, "events")

    # -- jobs --------------------------------------------------------------------------------------------------------
    def jobs(self) -> str:
        """Sorted set: every known job id by its submission time (ms)."""
        return self._("jobs")

    def live_jobs(self) -> str:
        """Set: job ids without a tombstone; what jobmanagers look through for free leases."""
        return self._("jobs", "live")

    def submission(self, job: str) -> str:
        """Hash: `digest`, `graph` (sha256 of the JobGraph blob), `time` (ms), `name`. Written once."""
        return self._("job", job, "submission")

    def tombstone(self, job: str) -> str:
        """String: the terminal JobStatus and result as JSON. A job that has one is never led again."""
        return self._("job", job, "tombstone")

    def claims(self, job: str) -> str:
        """Hash: allocation -> JSON claim row (`Claim`): OFFERED -> CLAIMED by the slot, WITHDRAWN by the JobMaster."""
        return self._("job", job, "claims")

    def slot_commands(self, job: str, allocation: str) -> str:
        """Stream: deploy, cancel, release; for the slot process that claimed the allocation."""
        return self._("job", job, "slot", allocation, "commands")

    def metrics(self, job: str) -> str:
        """Hash: `<vertex>:<subtask>` -> JSON `SubtaskMetrics`, newest attempt wins."""
        return self._("job", job, "metrics")

    def earlier_metrics(self, job: str) -> str:
        """Hash: `<vertex>:<subtask>` -> lines of JSON `SubtaskMetrics`, of the attempts before the newest."""
        return self._("job", job, "metrics", "earlier")

    def profile(self, job: str, vertex: str) -> str:
        """String with TTL: JSON `ProfileRequest` while somebody looks at the vertex's flame graph."""
        return self._("job", job, "profile", vertex)

    def profiles(self, job: str, vertex: str) -> str:
        """Hash with TTL: subtask -> JSON `StackSamples`."""
        return self._("job", job, "profiles", vertex)

    def splits(self, job: str, vertex: str) -> str:
        """String: the pickled splits of a source, written once by whichever subtask enumerated first."""
        return self._("job", job, "splits", vertex)

    def alignment(self, job: str, group: str) -> str:
        """Hash: allocation -> how far its sources of a watermark alignment group are. Expires."""
        return self._("job", job, "alignment", group)

    # -- wire taps (docs/tap.md) -------------------------------------------------------------------------------------
    def taps(self, job: str) -> str:
        """Sorted set: `<vertex>|<point>|<subtask or *>` by the end of its lease (ms)."""
        return self._("job", job, "taps")

    def tap_wake(self, job: str) -> str:
        """Stream: somebody looks at a point that is not sampled yet. The job's slots block on it."""
        return self._("job", job, "taps", "wake")

    def tapped(self, job: str, vertex: str, point: str) -> str:
        """Stream: JSON `TappedBatch`es of a point."""
        return self._("job", job, "tap", vertex, point)

    def tap_subtasks(self, job: str, vertex: str, point: str) -> str:
        """Hash: subtask -> `<ms> <JSON TapSubtask>`: who samples the point."""
        return self._("job", job, "tap", vertex, point, "subtasks")

    # -- task managers -----------------------------------------------------------------------------------------------
    def taskmanagers(self) -> str:
        """Hash: TaskManager id -> JSON `TaskManagerInfo` of its newest registration."""
        return self._("taskmanagers")

    def beat(self, taskmanager: str) -> str:
        """String with TTL: `<incarnation> <counter>`. Judged by change, never by expiry."""
        return self._("tm", taskmanager, "beat")

    def beat_watch(self) -> str:
        """String with TTL: written by whoever watches the beats, as beats are."""
        return self._("tm", "watch")

    def taskmanager_commands(self, taskmanager: str) -> str:
        """Stream: offer and release slot; for the TaskManager's parent process."""
        return self._("tm", taskmanager, "commands")

    def slots(self, taskmanager: str) -> str:
        """Hash: slot number -> JSON `SlotRow`, written by the TaskManager's own compare-and-set only."""
        return self._("tm", taskmanager, "slots")

    # -- everything else ---------------------------------------------------------------------------------------------
    def services(self) -> str:
        """Hash: `<service>:<id>` -> JSON `ServiceInfo`; a row older than its TTL is dead and gets deleted."""
        return self._("services")

    def secret(self) -> str:
        """String: the check value of the cluster secret of the service that joined last (`Keyring.check`)."""
        return self._("secret")

    def jars(self) -> str:
        """Hash: jar id -> JSON row of an uploaded program (`/jars`); its content is a blob."""
        return self._("jars")

    def disposal(self, trigger: str) -> str:
        """String with PX: JSON row of a savepoint's disposal (`/savepoint-disposal`)."""
        return self._("disposal", trigger)

    def blob(self, digest: str) -> str:
        """String: a content-addressed payload of up to 1 MiB; larger ones lie in the state plane."""
        return self._("blob", digest)

    def blob_in_store(self, digest: str) -> str:
        """String: the path in the state plane of a blob too large for Redis."""
        return self._("blob", digest, "path")

    def unused_blobs(self) -> str:
        """Hash: digest -> when (ms) no known job or program was found to need it; whoever asks for it takes it out."""
        return self._("blobs", "unused")

    def tidying(self) -> str:
        """String with PX: a dispatcher has just looked for what ended jobs left."""
        return self._("tidying")

    # -- exchange Redis ----------------------------------------------------------------------------------------------
    def exchange_nonce(self, job: str, generation: int) -> str:
        """String: random, written with the logs; every append and read pipeline compares it."""
        return self._("x", job, generation, "nonce")

    def input_log(self, job: str, generation: int, vertex: str, subtask: int) -> str:
        """Stream: all input of one consuming subtask."""
        return self._("x", job, generation, vertex, subtask)

    def credit(self, job: str, generation: int, vertex: str, subtask: int) -> str:
        """Hash beside an input log: channel -> `<taken> <newest attempt seen>`."""
        return self._("x", job, generation, vertex, subtask, "credit")

    def slot_wake(self, job: str, generation: int, allocation: str) -> str:
        """Stream: credit updates for the producers in one slot (bounded; the credit hash is the truth)."""
        return self._("x", job, generation, "wake", allocation)

    def collect_log(self, job: str, collect_id: str) -> str:
        """Stream (exchange Redis): batches of `execute_and_collect` on their way to the client."""
        return self._("x", job, "collect", collect_id)

    def collect_taken(self, job: str, collect_id: str) -> str:
        """String (exchange Redis): records of a collect log that the client has."""
        return self._("x", job, "collect", collect_id, "taken")
