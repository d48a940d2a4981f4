"""Edges that choose the target by the record: by key group, by the user's partitioner, at random."""

import random
from collections.abc import Sequence
from typing import Any

from penstock.graph.job_graph import JobEdge
from penstock.graph.key_groups import key_group, stable_hash, subtask_of, text_hash
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.edges import (
    BroadcastEdge,
    Edge,
    EdgeWriter,
    Keys,
    RoundRobinEdge,
    SingleTargetEdge,
    Timestamps,
)
from penstock.operators.specs import CustomPartitionerSpec, HashPartitionerSpec
from penstock.operators.user_function import UserFunction

#: keys, other than text, whose subtask an edge remembers; all are forgotten when there are more
CACHED_KEYS = 1 << 16


class HashEdge(SingleTargetEdge):
    """HASH: key -> key group -> subtask. The key is computed here, once, and travels with the record."""

    def __init__(
        self, number: int, name: str, writer: EdgeWriter, spec: HashPartitionerSpec, max_parallelism: int
    ) -> None:
        super().__init__(number, name, writer)
        self._selector = UserFunction(spec.key_selector, "get_key")
        self._max_parallelism = max_parallelism
        self._subtasks: dict[Any, int] = {}
        targets = len(writer.targets)
        self._owners = [subtask_of(group, targets, max_parallelism) for group in range(max_parallelism)]

    def open(self, context: Any) -> None:
        self._selector.open(context)

    def close(self) -> None:
        self._selector.close()

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        n = self.number
        key, at = code.fresh("k"), None
        code.line(f"{key} = {code.bind(f'key_selector_{n}', self._selector.call)}({rec.value})")
        if len(self.writer.targets) > 1:
            at = code.fresh("i")
            self._choose(code, key, at)
        self._collect(code, rec, key=key, at=at)

    def _choose(self, code: ChainCode, key: str, at: str) -> None:
        n, edge = self.number, code.bind(f"edge_{self.number}", self)
        owners, digest = code.bind(f"owners_{n}", self._owners), code.bind("text_hash", text_hash)
        # as `key_group` has it. A table of all keys would be looked up in main memory, which takes longer
        with code.indented(f"if {key}.__class__ is str:"):
            with code.indented("try:", is_block=True):
                code.line(f"{at} = {owners}[{digest}({key}.encode()) % {self._max_parallelism}]")
            with code.indented("except UnicodeEncodeError:", is_block=True):
                code.line(f"{at} = {edge}.subtask({key})")
        with code.indented("else:"):
            with code.indented("try:", is_block=True):
                code.line(f"{at} = {code.bind(f'subtasks_{n}', self._subtasks)}[{key}]")
            with code.indented("except (KeyError, TypeError):", is_block=True):
                code.line(f"{at} = {edge}.subtask({key})")

    def deliver(self, values: list[Any], timestamps: Timestamps, keys: Keys) -> None:
        if keys:
            try:
                # of all at once, in C: a sixth of what a call for each takes
                hash(tuple(keys))
            except TypeError:
                for key in keys:
                    self.check(key)
        super().deliver(values, timestamps, keys)

    def check(self, key: Any) -> int:
        """The key group. TypeError says why it cannot be a key."""
        try:
            hash(key)  # first: what is not hashable cannot be looked up in the consumer's state
            return key_group(key, self._max_parallelism)
        except TypeError as e:
            raise TypeError(
                f"{self.name}: {_shown(key)} cannot be a key: {e}. The key selector has to return something hashable "
                "that can be pickled: a tuple rather than a list"
            ) from None

    def subtask(self, key: Any) -> int:
        """The index of the target that owns the key; remembered for the next record with this key.

        TypeError: it cannot be a key.
        """
        subtask = self._owners[self.check(key)]
        if len(self._subtasks) >= CACHED_KEYS:
            self._subtasks.clear()
        self._subtasks[key] = subtask
        return subtask


class CustomEdge(Edge):
    """CUSTOM: the user's `partitioner(key, number of partitions)`."""

    def __init__(self, number: int, name: str, writer: EdgeWriter, spec: CustomPartitionerSpec) -> None:
        super().__init__(number, name, writer)
        self._partitioner = UserFunction(spec.partitioner, "partition")
        self._selector = UserFunction(spec.key_selector, "get_key")

    def open(self, context: Any) -> None:
        self._selector.open(context)
        self._partitioner.open(context)

    def close(self) -> None:
        self._partitioner.close()
        self._selector.close()

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        n, at, targets = self.number, code.fresh("i"), len(self.writer.targets)
        key = f"{code.bind(f'key_selector_{n}', self._selector.call)}({rec.value})"
        code.line(f"{at} = {code.bind(f'partitioner_{n}', self._partitioner.call)}({key}, {targets})")
        with code.indented(f"if not 0 <= {at} < {targets}:"):
            code.line(f"{code.bind(f'edge_{n}', self)}.refuse({at})")
        self._collect(code, rec, key=None, at=at)

    def refuse(self, index: int) -> None:
        """IndexError: the partitioner's answer is out of range."""
        raise IndexError(
            f"the partitioner of {self.name} returned {index!r}; it has to return 0 to {len(self.writer.targets) - 1}"
        )


class ShuffleEdge(Edge):
    """SHUFFLE: a random target for each record, from a generator seeded by the subtask, so that a replay repeats it."""

    def __init__(self, number: int, name: str, writer: EdgeWriter, subtask: int) -> None:
        super().__init__(number, name, writer)
        self._random = random.Random(stable_hash((name, number, subtask)))

    def snapshot(self) -> Any:
        return self._random.getstate()

    def restore(self, position: Any) -> None:
        self._random.setstate(position)

    def deliver(self, values: list[Any], timestamps: Timestamps, keys: Keys) -> None:
        n = len(self.writer.targets)
        targets = self._random.choices(range(n), k=len(values))
        for i in range(n):
            chosen = [at for at, target in enumerate(targets) if target == i]
            if chosen:
                part = [timestamps[at] for at in chosen] if timestamps is not None else None
                self._emit(i, [values[at] for at in chosen], part, None)


def build_edge(
    number: int, edge: JobEdge, name: str, writer: EdgeWriter, subtask: int, partitioner: Any, max_parallelism: int
) -> Edge:
    """The running form of an edge. `partitioner`: its unpickled spec; `max_parallelism`: of the consumer."""
    match edge.strategy:
        case "HASH":
            if not isinstance(partitioner, HashPartitionerSpec):
                raise TypeError(f"{name}: a HASH edge needs a HashPartitionerSpec, not {partitioner!r}")
            return HashEdge(number, name, writer, partitioner, max_parallelism)
        case "CUSTOM":
            if not isinstance(partitioner, CustomPartitionerSpec):
                raise TypeError(f"{name}: a CUSTOM edge needs a CustomPartitionerSpec, not {partitioner!r}")
            return CustomEdge(number, name, writer, partitioner)
        case _ if edge.strategy == "GLOBAL" or _is_single(writer.targets):
            return SingleTargetEdge(number, name, writer)
        case "BROADCAST":
            return BroadcastEdge(number, name, writer)
        case "SHUFFLE":
            return ShuffleEdge(number, name, writer, subtask)
        case _:
            return RoundRobinEdge(number, name, writer, subtask)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:100] + "…"


def _is_single(targets: Sequence[int]) -> bool:
    return len(targets) == 1
