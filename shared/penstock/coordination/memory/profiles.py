"""Flame graphs in memory."""

from collections.abc import Mapping, Sequence

from penstock.coordination.keys import Keys
from penstock.coordination.memory.keyspace import Keyspace
from penstock.coordination.messages import decode, encode
from penstock.coordination.rows import ProfileRequest, StackSamples


class MemoryProfiles:
    """See `parts.Profiles`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def ask(self, job: str, vertex: str, request: ProfileRequest, ttl_ms: int) -> None:
        with self._space as space:
            space.set(self._keys.profile(job, vertex), encode(request), ttl_ms)

    def asked(self, job: str, vertices: Sequence[str]) -> dict[str, ProfileRequest]:
        with self._space as space:
            found = {vertex: space.get(self._keys.profile(job, vertex)) for vertex in vertices}
        return {vertex: decode(raw, ProfileRequest) for vertex, raw in found.items() if raw is not None}

    def put(self, job: str, seen: Mapping[tuple[str, int], StackSamples], ttl_ms: int) -> None:
        with self._space as space:
            for (vertex, subtask), samples in seen.items():
                key = self._keys.profiles(job, vertex)
                space.hash(key)[str(subtask)] = encode(samples)
                space.expire(key, ttl_ms)

    def all(self, job: str, vertex: str) -> dict[int, StackSamples]:
        key = self._keys.profiles(job, vertex)
        with self._space as space:
            space.collect(key)
            rows = sorted(space.hashes.get(key, {}).items())
        return {int(subtask): decode(raw, StackSamples) for subtask, raw in rows}
