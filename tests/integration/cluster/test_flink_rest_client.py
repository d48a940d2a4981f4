"""PyPI's flink-rest-client, all of its calls, against a cluster with a running job."""

import importlib
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .local_cluster import LocalCluster, wait_for

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(400),
    # it leaves an uploaded file open
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

PROGRAM = textwrap.dedent(
    """
    import sys, time
    from penstock.common import Types, WatermarkStrategy
    from penstock.datastream import RuntimeContext, MapFunction, StreamExecutionEnvironment
    from penstock.datastream.connectors.number_seq import NumberSequenceSource

    class Slow(MapFunction):
        def open(self, context: RuntimeContext):
            self.seen = context.get_metrics_group().add_group("mine").counter("seen")

        def map(self, n):
            self.seen.inc()
            time.sleep(0.002)
            return (n % 10, 1)

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    numbers = env.from_source(NumberSequenceSource(0, 100_000_000), WatermarkStrategy.no_watermarks(), "numbers")
    pairs = numbers.map(Slow(), output_type=Types.TUPLE([Types.LONG(), Types.LONG()]))
    pairs.key_by(lambda t: t[0]).reduce(lambda a, b: (a[0], a[1] + b[1])).filter(lambda t: False).print()
    env.execute("for a client")
    """
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("library")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    done = subprocess.run([*install, "flink-rest-client==1.0.8"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"flink-rest-client cannot be installed here: {done.stderr.strip()[-300:]}")
    # at the end: the distribution has a package `tests` of its own
    sys.path.append(str(folder))
    yield importlib.import_module("flink_rest_client")
    sys.path.remove(str(folder))


@pytest.fixture
def job(cluster: LocalCluster, tmp_path: Path) -> str:
    script = tmp_path / "for_a_client.py"
    script.write_text(PROGRAM)
    started = cluster.submit(script, options=("-D", "execution.checkpointing.interval=500 ms"))
    cluster.wait_state(started, "RUNNING")
    return started


def test_every_call(library: Any, cluster: LocalCluster, job: str, tmp_path: Path) -> None:
    host, port = cluster.addresses.split(",")[0].split(":")
    client = library.FlinkRestClient.get(host, int(port))
    refused = importlib.import_module("flink_rest_client.common").RestException

    assert client.overview()["slots-total"] == 4
    assert client.config()["features"]["web-submit"] is True
    assert client.datasets() == []
    with pytest.raises(refused, match="404"):
        client.delete_dataset("d" * 32)

    jobmanager = client.jobmanager
    assert jobmanager.config()["penstock.redis.url"].startswith("redis://")
    assert "jobmanager-1.log" in {log["name"] for log in jobmanager.logs()}
    assert "leading" in str(jobmanager.get_log("jobmanager-1.log"))
    assert jobmanager.metrics()["numRegisteredTaskManagers"] == "2"

    taskmanagers = client.taskmanagers
    one, other = taskmanagers.taskmanager_ids()
    assert taskmanagers.all()[0]["hardware"]["cpuCores"] >= 1
    assert taskmanagers.get(one)["slotsNumber"] == 2
    assert [log["name"] for log in taskmanagers.get_logs(other)] == [f"{other}.log"]
    assert int(taskmanagers.get_metrics(one)["Status.JVM.Memory.Heap.Used"]) > 1_000_000
    assert taskmanagers.metrics()["Status.JVM.Memory.Heap.Used"]["sum"] > 2_000_000
    assert any("python" in name or one in name for name in taskmanagers.get_thread_dump(one))

    jobs = client.jobs
    assert job in jobs.job_ids()
    assert {"id": job, "status": "RUNNING"} in jobs.all()
    assert "for a client" in {item["name"] for item in jobs.overview()}
    assert jobs.metrics(job_ids=[job])["numRestarts"]["sum"] == 0
    assert jobs.get(job)["state"] == "RUNNING"
    assert jobs.get_config(job)["execution-config"]["job-parallelism"] == 2
    assert jobs.get_exceptions(job)["exceptionHistory"]["entries"] == []
    assert jobs.get_execution_result(job)["status"]["id"] == "IN_PROGRESS"
    assert jobs.get_metrics(job)["numRestarts"] == "0"
    assert jobs.get_accumulators(job)["user-task-accumulators"] == []
    assert jobs.get_checkpointing_configuration(job)["interval"] == 500
    checkpoint = wait_for(
        lambda: next((c for c in jobs.get_checkpoints(job)["history"] if c["status"] == "COMPLETED"), None), 60
    )["id"]
    assert checkpoint in jobs.get_checkpoint_ids(job)
    assert jobs.get_checkpoint_details(job, checkpoint, show_subtasks=True)["status"] == "COMPLETED"
    vertices = jobs.get_vertex_ids(job)
    assert [node["id"] for node in jobs.get_plan(job)["nodes"]] == vertices

    source = jobs.get_vertex(job, vertices[0])
    assert source.details()["parallelism"] == 2
    assert source.backpressure()["status"] == "ok"
    assert len(source.subtasktimes()["subtasks"]) == 2
    assert {t["taskmanager-id"] for t in source.taskmanagers()["taskmanagers"]} <= {one, other}
    assert isinstance(source.watermarks(), list)
    wait_for(lambda: float(source.metrics().get("0.numRecordsOutPerSecond", 0)) > 0, 30)
    subtasks = source.subtasks
    assert subtasks.subtask_ids() == [0, 1]
    assert "numRecordsOut" in subtasks.metric_names()
    seen = next(name for name in subtasks.metric_names() if name.endswith("mine.seen"))
    assert subtasks.metrics(metric_names=[seen])[seen]["min"] > 0
    assert subtasks.get(1)["status"] == "RUNNING"
    assert subtasks.get_attempt(1)["attempt"] == subtasks.get_attempt(1, 0)["attempt"] == 0
    assert subtasks.get_attempt_accumulators(0)["user-accumulators"] == []
    assert subtasks.accumulators()["parallelism"] == 2

    savepoint = jobs.create_savepoint(job, str(tmp_path / "savepoints"))
    told = wait_for(lambda: _completed(savepoint.status), 60)
    assert told["operation"]["location"].startswith(str(tmp_path / "savepoints"))
    rescaling = jobs.rescale(job, 1)
    assert "operation" in wait_for(lambda: _completed(rescaling.status), 90)
    wait_for(lambda: jobs.get(job)["state"] == "RUNNING", 60)
    stopping = jobs.stop(job, str(tmp_path / "savepoints"))
    wait_for(lambda: _completed(stopping.status), 90)
    assert wait_for(lambda: jobs.get(job)["state"] == "FINISHED", 60)

    script = tmp_path / "uploaded.py"
    script.write_text(PROGRAM)
    jar = client.jars.upload(str(script))["filename"].rpartition("/")[2]
    assert jar in {item["id"] for item in client.jars.all()["files"]}
    second = client.jars.run(jar, parallelism=1)
    cluster.wait_state(second, "RUNNING")
    assert jobs.terminate(second) is True
    cluster.wait_state(second, "CANCELED")
    assert client.jars.delete(jar) is True


def _completed(status: dict[str, Any]) -> dict[str, Any] | None:
    return status if status["status"]["id"] == "COMPLETED" else None
