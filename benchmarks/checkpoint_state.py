"""Snapshots of keyed state: pause, duration, memory, restore: python -m benchmarks.checkpoint_state [--sizes MB …].

Each figure is from a process of its own. `pause`: the synchronous part. `portable`: until the last key group was read
from the snapshot; `native`: until RocksDB's files are there. `copied`: memory of the forked child that it does not
share with its parent, at its peak; `parent`: what the peak of the process itself rises by meanwhile.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from penstock.state.backend import KeyedStateBackend
from penstock.state.forked_snapshot import ForkedSnapshot
from penstock.state.held_snapshot import HeldSnapshot, held
from penstock.state.memory_snapshot import MemorySnapshot
from penstock.state.portable import columns_of, grouped, pickled, pickled_in_pieces
from penstock.state.selection import StateBackendChoice
from penstock.state.snapshot import RestoredKeyed, RestoredOperator

VALUE = 200  #: bytes
KINDS = ("hashmap at once", "hashmap held", "hashmap forked", "rocksdb native", "rocksdb portable")
_GROUPS = 128


def main() -> None:
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checkpoint_state", description=about)
    parser.add_argument("--sizes", nargs="+", type=float, default=[0.1, 1, 10, 100, 1000], metavar="MB")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--one", nargs=2, metavar=("KIND", "MB"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], float(options.one[1]))))
        return
    print(
        "| state MB | kind | pause ms | duration s | restore s | parent MB | copied MB |\n|---|---|---|---|---|---|---|"
    )
    for row in rows(options.sizes, options.kinds):
        cells = [f"{row[name]:.3g}" for name in ("pause", "duration", "restore", "parent", "copied")]
        print(f"| {row['size']:g} | {row['kind']} | {' | '.join(cells)} |", flush=True)


def rows(sizes: Iterable[float], kinds: Sequence[str] = KINDS) -> Iterator[dict[str, Any]]:
    """`measure` of each, in a process of its own."""
    for size in sizes:
        for kind in kinds:
            command = [sys.executable, "-m", "benchmarks.checkpoint_state", "--one", kind, str(size)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            yield {"size": size, "kind": kind, **json.loads(done.stdout)}


def measure(kind: str, size: float) -> dict[str, float]:
    """Of a state with `size` MB of values: pause in ms, times in s, memory in MB."""
    name = kind.split()[0]
    choice = StateBackendChoice("rocksdb" if name == "rocksdb" else "hashmap")
    backend, again = choice.make(_GROUPS), choice.make(_GROUPS)
    table = backend.table("values", "value")
    for number in range(int(size * 1e6) // VALUE):
        table[f"user {number}"] = number.to_bytes(8, "big") + bytes(VALUE - 8)
    with _Memory() as memory:
        began = time.perf_counter()
        snapshot: Any = _snapshot(backend, kind)
        paused = time.perf_counter()
        if kind == "rocksdb native":
            files = snapshot.native()
        else:
            groups = list(snapshot.groups())
        ended = time.perf_counter()
    states = dict(snapshot.states)
    if kind == "rocksdb native":
        copy = Path(tempfile.mkdtemp()) / "files"
        shutil.copytree(files.folder, copy)
        keyed = RestoredKeyed(states, native=type(files)(files.backend, copy, files.shared), start=0, stop=_GROUPS)
    else:
        keyed = RestoredKeyed(states, groups=iter(groups), start=0, stop=_GROUPS)
    snapshot.release()
    restoring = time.perf_counter()
    again.restore(RestoredOperator(range(_GROUPS), [keyed], subtasks=1))
    restored = time.perf_counter()
    assert again.table("values", "value")["user 1"] == table["user 1"]
    backend.close()
    again.close()
    return {
        "pause": (paused - began) * 1e3,
        "duration": ended - began,
        "restore": restored - restoring,
        "parent": memory.parent / 1e6,
        "copied": memory.copied / 1e6,
    }


def _snapshot(backend: KeyedStateBackend, kind: str) -> Any:
    if not kind.startswith("hashmap"):
        return backend.snapshot()
    sources: Any = backend._sources  # type: ignore[attr-defined]
    metas = backend.declarations.metas()
    if kind == "hashmap held":
        parts = held("values", sources(), 1 << 62)
        assert parts is not None
        return HeldSnapshot("values", metas, parts)
    if kind == "hashmap forked":
        return ForkedSnapshot(metas, lambda: pickled_in_pieces("values", sources(), backend.groups_of))
    return MemorySnapshot(metas, dict(pickled("values", grouped(columns_of(sources()), backend.groups_of))))


class _Memory:
    """Watches this process and its children, four times a second."""

    def __enter__(self) -> "_Memory":
        self.copied = self._most = 0
        self._before = _field("/proc/self/status", "VmRSS:")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def parent(self) -> int:
        return self._most - self._before

    def _watch(self) -> None:
        while True:
            self._most = max(self._most, _field("/proc/self/status", "VmRSS:"))
            for task in Path("/proc/self/task").iterdir():
                with suppress(OSError):
                    for child in (task / "children").read_text().split():
                        rollup = f"/proc/{child}/smaps_rollup"
                        private = _field(rollup, "Private_Dirty:") + _field(rollup, "Private_Clean:")
                        self.copied = max(self.copied, private)
            if self._ended.wait(0.25):
                return


def _field(file: str, name: str) -> int:
    with suppress(OSError):
        for line in Path(file).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) << 10
    return 0


if __name__ == "__main__":
    main()
