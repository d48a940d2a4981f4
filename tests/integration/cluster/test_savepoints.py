"""A job with state and a two-phase sink is saved, stopped, resumed, rescaled: every total comes out exactly once."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.cluster.local_cluster import LocalCluster, wait_for
from tests.integration.dispatcher.flink_cli import FlinkCli, what_is_missing

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

JOB = Path(__file__).with_name("counting_job.py")
LAST = 4000


def expected(last: int = LAST) -> Counter[str]:
    return Counter(f"({r},{n})" for r in range(7) for n in range(1, len(range(r or 7, last + 1, 7)) + 1))


def written(out: Path) -> Counter[str]:
    """The lines of all files that are committed."""
    files = [f for f in out.rglob("*") if f.is_file() and not f.name.startswith((".", "_"))]
    return Counter(line for file in files for line in file.read_text().splitlines())


def penstock(cluster: LocalCluster, command: str, *args: str) -> dict[str, Any]:
    """What a command answers as JSON."""
    answer: dict[str, Any] = json.loads(cluster.cli(command, "-m", cluster.addresses, "--json", *args).stdout)
    return answer


def submitted(cluster: LocalCluster, out: Path, *options: str, pause: float = 0.004, args: tuple[str, ...] = ()) -> str:
    """The id of a detached job that has completed a checkpoint."""
    job = cluster.submit(JOB, str(out), str(LAST), str(pause), *args, options=options)

    def checkpointed() -> bool:
        assert cluster.get(f"/jobs/{job}")["state"] not in ("FAILED", "CANCELED"), cluster.get(
            f"/jobs/{job}/exceptions"
        )
        return bool(cluster.get(f"/jobs/{job}/checkpoints")["counts"]["completed"])

    wait_for(checkpointed, 60, "a checkpoint")
    return job


def test_savepoint_stop_and_resume_at_another_parallelism(cluster: LocalCluster, tmp_path: Path) -> None:
    out, saved = tmp_path / "out", str(tmp_path / "saved")
    job = submitted(cluster, out, "-p", "2")
    first = penstock(cluster, "savepoint", job, saved)["path"]
    assert cluster.get(f"/jobs/{job}")["state"] == "RUNNING"
    stopped = penstock(cluster, "stop", "-p", saved, job)
    assert stopped["state"] == "FINISHED"
    before = written(out)
    assert before and not before - expected() and before != expected()
    latest = cluster.get(f"/jobs/{job}/checkpoints")["latest"]["savepoint"]
    assert (latest["external_path"], latest["checkpoint_type"]) == (stopped["path"], "SYNC_SAVEPOINT")

    done = cluster.run(JOB, str(out), str(LAST), "0", options=("-p", "4", "-s", stopped["path"]))
    assert " FINISHED in " in done.stdout and " checkpoint" in done.stdout
    assert written(out) == expected()
    resumed = max(cluster.get("/jobs/overview")["jobs"], key=lambda found: found["start-time"])["jid"]
    restored = cluster.get(f"/jobs/{resumed}/checkpoints")["latest"]["restored"]
    assert (restored["is_savepoint"], restored["external_path"]) == (True, stopped["path"])

    cluster.cli("savepoint", "-m", cluster.addresses, "-d", first)
    assert not Path(first).exists() and Path(stopped["path"]).exists()


def test_rescale_up_and_down_under_the_same_id(cluster: LocalCluster, tmp_path: Path) -> None:
    out = tmp_path / "out"
    job = submitted(cluster, out, "-p", "1", pause=0.003)
    for parallelism in (3, 2):
        assert penstock(cluster, "rescale", job, str(parallelism))["parallelism"] == parallelism
        vertices = cluster.wait_state(job, "RUNNING")["vertices"]
        assert {vertex["parallelism"] for vertex in vertices} == {parallelism}
    cluster.wait_state(job, "FINISHED", seconds=120)
    assert written(out) == expected()
    refused = cluster.cli("rescale", "-m", cluster.addresses, job, "2", check=False)
    assert (refused.returncode, f"job {job} has ended: it is FINISHED" in refused.stderr) == (1, True)


def test_a_rescale_to_more_slots_than_there_are_is_refused(cluster: LocalCluster, tmp_path: Path) -> None:
    job = submitted(cluster, tmp_path / "out", "-p", "1", pause=0.003)
    refused = cluster.cli("rescale", "-m", cluster.addresses, job, "40", check=False)
    assert (refused.returncode, "parallelism 40 needs 40 slots; the job has 1" in refused.stderr) == (1, True)
    assert cluster.get(f"/jobs/{job}")["state"] == "RUNNING"
    cluster.cli("cancel", "-m", cluster.addresses, job)


def test_a_job_that_waits_for_slots_can_do_with_fewer(cluster: LocalCluster, tmp_path: Path) -> None:
    out = tmp_path / "out"
    job = cluster.submit(JOB, str(out), str(LAST), "0", options=("-p", "40"))
    wait_for(lambda: "of 40 slots" in cluster.get(f"/jobs/{job}")["message"], 60, "a job that waits for slots")
    request = f"/jobs/{job}/rescaling"
    asked = httpx.patch(cluster.rest[0] + request, params={"parallelism": 41}, timeout=20).json()["request-id"]
    wait_for(lambda: "of 41 slots" in cluster.get(f"/jobs/{job}")["message"], 60, "a rescale that waits for slots")
    assert cluster.get(f"/jobs/{job}")["state"] == "CREATED"
    assert penstock(cluster, "rescale", job, "2")["parallelism"] == 2
    # a dispatcher answers from what it read up to 200 ms ago
    wait_for(lambda: cluster.get(f"{request}/{asked}")["operation"], 10, "the end of the first rescale")
    overtaken = cluster.get(f"{request}/{asked}")["operation"]["failure-cause"]
    assert "overtaken by a rescale to 2, as slots for 41 were missing" in overtaken["message"]
    done = cluster.wait_state(job, "FINISHED", seconds=120)
    assert {vertex["parallelism"] for vertex in done["vertices"]} == {2}
    assert written(out) == expected()


def test_drain_ends_the_input(cluster: LocalCluster, tmp_path: Path) -> None:
    out = tmp_path / "out"
    job = submitted(cluster, out, "-p", "2")
    stopped = penstock(cluster, "stop", "--drain", "-p", str(tmp_path / "saved"), job)
    assert stopped["state"] == "FINISHED" and (Path(stopped["path"]) / "_metadata").is_file()
    assert written(out) and not written(out) - expected()


def test_cancel_with_a_savepoint_and_a_checkpoint_on_demand(cluster: LocalCluster, tmp_path: Path) -> None:
    job = submitted(cluster, tmp_path / "out", "-p", "1", "-D", "execution.checkpointing.interval=1 h")
    taken = penstock(cluster, "checkpoint", job)["checkpoint"]
    details = cluster.get(f"/jobs/{job}/checkpoints/details/{taken}")
    assert (details["status"], details["num_subtasks"]) == ("COMPLETED", details["num_acknowledged_subtasks"])
    for vertex in details["tasks"]:
        part = cluster.get(f"/jobs/{job}/checkpoints/details/{taken}/subtasks/{vertex}")
        assert [s["status"] for s in part["subtasks"]] == ["completed"] * part["num_subtasks"]
    done = penstock(cluster, "cancel", "-s", str(tmp_path / "saved"), job)
    assert done["state"] == "CANCELED" and (Path(done["path"]) / "_metadata").is_file()


def test_a_restart_is_told(cluster: LocalCluster, tmp_path: Path) -> None:
    out, mark = tmp_path / "out", str(tmp_path / "failed")
    done = cluster.run(JOB, str(out), str(LAST), "0.001", mark, options=("-p", "2"))
    assert done.stdout.splitlines()[-1].endswith(", 1 restart")
    assert written(out) == expected()
    job = max(cluster.get("/jobs/overview")["jobs"], key=lambda found: found["start-time"])["jid"]
    (entry,) = cluster.get(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
    assert entry["exceptionName"] == "ValueError" and "is refused once" in entry["stacktrace"]
    assert entry["taskName"] and entry["taskManagerId"] and entry["endpoint"]
    vertex = cluster.get(f"/jobs/{job}")["vertices"][0]["id"]
    assert {s["attempt"] for s in cluster.get(f"/jobs/{job}/vertices/{vertex}")["subtasks"]} == {1}


def test_a_savepoint_that_does_not_fit_says_why(cluster: LocalCluster, tmp_path: Path) -> None:
    out, saved = tmp_path / "out", str(tmp_path / "saved")
    path = penstock(cluster, "stop", "-p", saved, submitted(cluster, out))["path"]

    missing = cluster.run(JOB, str(out), str(LAST), "0", options=("-s", f"{saved}/nowhere"), check=False)
    assert missing.returncode == 1 and f"{saved}/nowhere" in missing.stderr
    other = (JOB, str(out), str(LAST), "0", "", "other totals")
    left_over = cluster.run(*other, options=("-s", path), check=False)
    assert left_over.returncode == 1 and "Reduce" in left_over.stderr
    passed_over = cluster.run(*other, options=("-s", path, "-n"), check=False)
    assert passed_over.returncode == 0, passed_over.stderr


def test_flinks_own_command_line(cluster: LocalCluster, tmp_path: Path) -> None:
    if missing := what_is_missing():
        pytest.skip(missing)
    flink = FlinkCli(cluster.addresses.partition(",")[0], tmp_path)
    job = submitted(cluster, tmp_path / "out", "-p", "2", pause=0.02)
    assert f"{job} : counting (RUNNING)" in flink("list", "-r").stdout
    assert "Savepoint completed." in flink("savepoint", job, str(tmp_path / "saved")).stdout
    stopped = flink("stop", "-p", str(tmp_path / "saved"), job)
    assert "Savepoint completed." in stopped.stdout, stopped.stdout + stopped.stderr
    assert cluster.wait_state(job, "FINISHED")
    assert len(list((tmp_path / "saved").iterdir())) == 2
