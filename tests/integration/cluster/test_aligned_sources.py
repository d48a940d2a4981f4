"""Sources of an alignment group wait for each other over slots."""

from pathlib import Path

import pytest

from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = pytest.mark.integration
JOB = Path(__file__).with_name("aligned_job.py")


def apart(cluster: LocalCluster, folder: Path, drift: int) -> int:
    folder.mkdir()
    done = cluster.run(JOB, str(folder), str(drift))
    words = done.stdout.split()
    at = words.index("records")
    assert words[at + 1] == "150"
    return int(words[at + 3])


def test_a_fast_source_waits_for_a_slow_one_in_another_slot(cluster: LocalCluster, tmp_path: Path) -> None:
    # as a third of what the fast one would be ahead: it learns late, and reads a poll at a time
    assert apart(cluster, tmp_path / "aligned", 5) < apart(cluster, tmp_path / "free", 0) / 3
