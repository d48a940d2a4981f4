"""Cancelling at the worst moments: while a job is deployed, and in user code that does not come back."""

import textwrap
import time
from pathlib import Path

import pytest

from tests.integration.cluster.faults import AT_LENGTH, redis_pid, stopped, whole_again
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

#: asleep, in C without the GIL, in C with the GIL
HANGS = {
    "sleep": "import time\n        time.sleep(600)",
    "swallows exceptions": "import time\n        while True:\n            try:\n                time.sleep(600)\n"
    "            except Exception:\n                pass",
    "C": "import hashlib\n        hashlib.pbkdf2_hmac('sha256', b'x', b'y', 2_000_000_000)",
    "C with the GIL": "sum(range(10**13))",
}
JOB = """
import sys
from pathlib import Path
from penstock.datastream import StreamExecutionEnvironment
entered = Path(sys.argv[1])
def hang(n):
    (entered / str(n)).touch()
    if n % 2 == 0:
        {hang}
    return n
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
env.from_collection([0, 1, 2, 3]).rebalance().map(hang).print()
env.execute("hangs")
"""


@pytest.mark.parametrize(
    "how", ["sleep", "C with the GIL", *(pytest.param(how, marks=AT_LENGTH) for how in ("swallows exceptions", "C"))]
)
def test_user_code_that_does_not_come_back(ha_cluster: LocalCluster, tmp_path: Path, how: str) -> None:
    (tmp_path / "entered").mkdir()
    (tmp_path / "job.py").write_text(textwrap.dedent(JOB).replace("{hang}", HANGS[how]))
    job = ha_cluster.submit(tmp_path / "job.py", str(tmp_path / "entered"))
    wait_for(lambda: (tmp_path / "entered" / "0").exists(), 30, "the function to hang")
    begun = time.monotonic()
    ha_cluster.cli("cancel", "-m", ha_cluster.addresses, job)
    ha_cluster.wait_state(job, "CANCELED", seconds=30)
    print(f"{how}: CANCELED after {time.monotonic() - begun:.1f} s")
    print(f"whole again after {whole_again(ha_cluster):.1f} s more")


ENDLESS = """
import time
from penstock.common import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource
env = StreamExecutionEnvironment.get_execution_environment()
numbers = env.from_source(NumberSequenceSource(0, 10**9), WatermarkStrategy.no_watermarks(), "numbers")
numbers.key_by(lambda n: n % 7).reduce(max).filter(lambda n: time.sleep(0.001)).print()
env.execute("endless")
"""


def cancelled(cluster: LocalCluster, job: str) -> None:
    begun = time.monotonic()
    cluster.cli("cancel", "-m", cluster.addresses, job)
    cluster.wait_state(job, "CANCELED", seconds=30)
    print(f"CANCELED after {time.monotonic() - begun:.1f} s")
    whole_again(cluster)


def test_while_the_job_is_deployed_waits_and_runs(ha_cluster: LocalCluster, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(ENDLESS)
    with stopped(redis_pid(ha_cluster, "redis-exchange")):
        job = ha_cluster.submit(tmp_path / "job.py", options=("-p", "4"))
        tasks = ha_cluster.get(f"/jobs/{job}")["vertices"][0]["tasks"]
        assert tasks["RUNNING"] + tasks["FINISHED"] == 0, tasks
        ha_cluster.cli("cancel", "-m", ha_cluster.addresses, job)
    ha_cluster.wait_state(job, "CANCELED", seconds=30)
    whole_again(ha_cluster)

    job = ha_cluster.submit(tmp_path / "job.py", options=("-p", "5"))
    wait_for(lambda: "waiting for" in ha_cluster.get(f"/jobs/{job}")["message"], 10)
    cancelled(ha_cluster, job)

    job = ha_cluster.submit(tmp_path / "job.py", options=("-p", "4"))
    ha_cluster.wait_state(job, "RUNNING")
    cancelled(ha_cluster, job)
