"""`execute_and_collect` under failures: the program sees each record once."""

from pathlib import Path

import pytest

from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
JOB = Path(__file__).with_name("collected_job.py")


def run(cluster: LocalCluster, folder: Path, failures: int, *options: str) -> tuple[int, list[int], str]:
    folder.mkdir(exist_ok=True)
    done = cluster.run(JOB, "1500", str(failures), str(folder), options=options, check=False)
    got = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("got ")]
    return done.returncode, got, done.stdout + done.stderr


def test_each_record_once_over_restarts(cluster: LocalCluster, tmp_path: Path) -> None:
    checkpoints = ("-D", "execution.checkpointing.interval=200 ms")
    restarts = ("-D", "restart-strategy.type=fixed-delay", "-D", "restart-strategy.fixed-delay.attempts=9")
    code, got, said = run(
        cluster, tmp_path / "failures", 4, *checkpoints, *restarts, "-D", "restart-strategy.fixed-delay.delay=10 ms"
    )
    assert code == 0, said
    assert len(list((tmp_path / "failures").iterdir())) == 4, "it has failed as often as it was to"
    assert sorted(got) == list(range(1, 1501))


def test_a_job_without_checkpoints_that_starts_again_says_so(cluster: LocalCluster, tmp_path: Path) -> None:
    options = ("-D", "restart-strategy.type=fixed-delay", "-D", "restart-strategy.fixed-delay.delay=10 ms")
    code, got, said = run(cluster, tmp_path / "failures", 1, *options)
    assert code != 0 and got
    assert "was restarted from its beginning" in said and "enable checkpointing" in said
    assert len(got) == len(set(got))
