"""All slots of a cluster hash alike, in whatever process."""

import subprocess
import sys

from penstock_taskmanager import hash_seed

PROGRAM = "from penstock_taskmanager.hash_seed import fix; fix({!r}); print(hash('word'), list({{'a', 'b', 'c'}}))"


def said(cluster: str, **environment: str) -> str:
    command = [sys.executable, "-c", PROGRAM.format(cluster)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_processes_of_a_cluster_hash_alike() -> None:
    path = {"PYTHONPATH": ":".join(sys.path)}
    assert said("one", **path) == said("one", PYTHONHASHSEED="random", **path)
    assert said("one", **path) != said("another", **path)


def test_the_users_own_seed_stays() -> None:
    assert hash_seed.wanted("one", {"PYTHONHASHSEED": "7"}) is None
    assert hash_seed.wanted("one", {"PYTHONHASHSEED": "0"}) is None
    seed = hash_seed.wanted("one", {})
    assert seed is not None and 0 < int(seed) < 2**32
    assert hash_seed.wanted("one", {"PYTHONHASHSEED": seed}) is None
