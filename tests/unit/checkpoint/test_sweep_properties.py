"""Random histories of checkpoints: whatever completes can be read; after a sweep exactly what is needed is there."""

import shutil
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from penstock.checkpoint.errors import CheckpointUnusable, SnapshotCancelled
from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.restore import read_restore
from penstock.checkpoint.state_files import write_subtask_state
from penstock.checkpoint.sweep import referenced
from penstock.state.snapshot import OperatorSnapshot
from tests.checkpoints import Keyed, Vertex, files_below, graph, metadata, native_files, operator_id, storage_at

A = operator_id("a")
VERTEX = Vertex("a", 2)


@dataclass
class Pending:
    attempt: int
    retained: frozenset[int]  #: as it was triggered
    bases: set[int] = field(default_factory=set)
    acked: dict[int, SubtaskState] = field(default_factory=dict)


class Checkpoints(RuleBasedStateMachine):
    """A JobMaster with two subtasks, whose backends have files 1..n of which old ones vanish by compaction."""

    @initialize(retain=st.integers(1, 3), scheme=st.sampled_from(["memory", "local"]))
    def begin(self, retain: int, scheme: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="penstock-sweep-"))
        base = f"memory://{uuid.uuid4().hex}" if scheme == "memory" else str(self.folder / "checkpoints")
        self.storage = storage_at(base)
        self.retain = retain
        self.next_id = 1
        self.files = {0: [1], 1: [1]}  # of each subtask's backend, as numbers
        self.pending: dict[int, Pending] = {}
        self.completed: list[CheckpointMetadata] = []
        self.aborted: list[int] = []
        self.writes = 0

    @rule(subtask=st.integers(0, 1), new=st.integers(1, 2), compact=st.booleans())
    def process(self, subtask: int, new: int, compact: bool) -> None:
        files = self.files[subtask]
        files += range(files[-1] + 1, files[-1] + 1 + new)
        if compact:
            del files[: len(files) // 2]

    @precondition(lambda self: len(self.pending) < 2)
    @rule()
    def trigger(self) -> None:
        retained = frozenset(found.checkpoint for found in self.completed[-self.retain :])
        self.pending[self.next_id] = Pending(len(self.aborted), retained)
        self.next_id += 1

    def write(self, checkpoint: int, subtask: int, attempt: int, behind: int, cut: int | None) -> SubtaskState | None:
        """`behind`: how many completed checkpoints the task has not been told of. `cut`: cancelled after so much."""
        told = self.completed[: len(self.completed) - behind]
        base = told[-1].vertices[0].subtasks[subtask] if told else None
        self.writes += 1
        folder = self.folder / f"native-{self.writes}"
        shared = {f"{n}.sst": b"%d of %d" % (n, subtask) for n in self.files[subtask]}
        keyed = Keyed({}, native_files(folder, shared, {"CURRENT": b"%d" % checkpoint}))
        asked = 0

        def cancelled() -> bool:
            nonlocal asked
            asked += 1
            return cut is not None and asked > cut

        options = CheckpointOptions(directory=self.storage.checkpoint_directory(checkpoint))
        try:
            return write_subtask_state(
                self.storage,
                options,
                checkpoint,
                VERTEX.id,
                subtask,
                attempt,
                {A: OperatorSnapshot(keyed)},
                base=base,
                cancelled=cancelled,
            )
        except SnapshotCancelled:
            return None
        finally:
            shutil.rmtree(folder)

    @precondition(lambda self: self.pending)
    @rule(data=st.data(), subtask=st.integers(0, 1), behind=st.integers(0, 2))
    def upload(self, data: st.DataObject, subtask: int, behind: int) -> None:
        checkpoint = data.draw(st.sampled_from(sorted(self.pending)))
        pending = self.pending[checkpoint]
        if subtask not in pending.acked:
            state = self.write(checkpoint, subtask, pending.attempt, behind, None)
            assert state is not None
            pending.acked[subtask] = state
            pending.bases |= {found.checkpoint for found in self.completed[: len(self.completed) - behind][-1:]}

    @precondition(lambda self: self.aborted or self.completed)
    @rule(data=st.data(), subtask=st.integers(0, 1), cut=st.none() | st.integers(0, 3))
    def upload_late(self, data: st.DataObject, subtask: int, cut: int | None) -> None:
        """A task that has not heard yet that the checkpoint is off, or that it was replaced."""
        over = [*self.aborted, *(found.checkpoint for found in self.completed)]
        self.write(data.draw(st.sampled_from(over)), subtask, 99, 0, cut)

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def abort(self, data: st.DataObject) -> None:
        checkpoint = data.draw(st.sampled_from(sorted(self.pending)))
        del self.pending[checkpoint]
        self.aborted.append(checkpoint)
        self.storage.discard(self.storage.checkpoint_directory(checkpoint))

    @precondition(lambda self: any(len(p.acked) == 2 for p in self.pending.values()))
    @rule(data=st.data(), sweep=st.booleans())
    def complete(self, data: st.DataObject, sweep: bool) -> None:
        ready = sorted(n for n, p in self.pending.items() if len(p.acked) == 2)
        checkpoint = data.draw(st.sampled_from(ready))
        pending = self.pending.pop(checkpoint)
        states = [pending.acked[n] for n in range(2)]
        directory = self.storage.checkpoint_directory(checkpoint)
        try:
            written = metadata(VERTEX.state(states), checkpoint=checkpoint)
            path, _, checksum = self.storage.write_metadata(directory, written)
        except CheckpointUnusable:
            # it was built on one that was swept away before it was triggered; that it cannot complete is the point
            assert any(base < min(pending.retained, default=0) for base in pending.bases)
            self.aborted.append(checkpoint)
            return
        self.completed.append(self.storage.read_metadata(path, checksum))
        for older in sorted(self.pending):
            if older < checkpoint:
                del self.pending[older]
                self.aborted.append(older)
        if sweep:
            self.sweep()

    @rule()
    def sweep(self) -> None:
        for subsumed in self.completed[: -self.retain]:
            self.storage.discard(subsumed.directory)
        swept = self.storage.sweep(self.completed[-self.retain :], self.pending, upto=self.next_id - 1)
        assert swept.errors == []
        if not self.pending:
            self.check_nothing_else_is_there()

    def check_nothing_else_is_there(self) -> None:
        kept = self.completed[-self.retain :]
        needed = {path for m in kept for path in (*referenced(m), self.storage.metadata_path(m.directory))}
        there = {f"{self.storage.directory}/{name}" for name in files_below(self.storage, self.storage.directory)}
        assert there == needed

    @invariant()
    def what_is_retained_can_be_read(self) -> None:
        for found in self.completed[-self.retain :]:
            for subtask in range(2):
                restored = read_restore(self.storage, found, graph(VERTEX), A, subtask, self.folder)
                for folder in restored.folders:
                    assert (folder / "CURRENT").read_bytes() == b"%d" % found.checkpoint
                    shutil.rmtree(folder)

    def teardown(self) -> None:
        if hasattr(self, "storage"):
            self.pending.clear()
            self.sweep()
            self.completed.clear()
            self.sweep()
            shutil.rmtree(self.folder)


TestCheckpoints = Checkpoints.TestCase
TestCheckpoints.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
