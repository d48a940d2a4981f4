"""The in-memory twin of the coordination plane, for unit tests: same parts, same semantics, one process, no Redis.

The contract suite (tests/contract/coordination) runs every test against Redis and against this.
"""

from penstock.coordination.memory.coordination import MemoryCoordination

__all__ = ["MemoryCoordination"]
