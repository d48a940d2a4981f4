"""Logs: only of the cluster's processes, bounded, and nothing outside of their folder."""

from pathlib import Path

import pytest

from penstock_dispatcher.logs.environment_json import shown
from penstock_dispatcher.logs.log_folder import LogFolder
from penstock_dispatcher.logs.log_page import LogPage

from .replica import Replica


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "jobmanager-1.log").write_text('{"event":"up"}\n')
    (logs / "dispatcher-1.log").write_text('{"event":"up"}\n')
    (logs / "tm-1.log").write_text('{"event":"up"}\nhello of a function\n{"event":"down"}\n')
    (logs / "tm-1.log.1").write_text("older\n")
    (logs / "tm-11.log").write_text("another's\n")
    (logs / "redis.log").write_text("not shown\n")
    (tmp_path / "secret.log").write_text("secret\n")
    (logs / "tm-1.log.2").symlink_to(tmp_path / "secret.log")
    return logs


@pytest.fixture
def logged(folder: Path) -> Replica:
    replica = Replica(**{"env.log.dir": str(folder)})
    replica.taskmanager()
    return replica


def test_the_files_of_a_process_are_listed(logged: Replica) -> None:
    listed = logged.http.get("/taskmanagers/tm-1/logs").json()["logs"]
    assert [(f["name"], f["size"]) for f in listed] == [("tm-1.log", 52), ("tm-1.log.1", 6)]
    assert [f["name"] for f in logged.http.get("/jobmanager/logs").json()["logs"]] == [
        "dispatcher-1.log",
        "jobmanager-1.log",
    ]


def test_log_and_output(logged: Replica) -> None:
    log = logged.http.get("/v1/taskmanagers/tm-1/log")
    assert log.text.startswith('{"event":"up"}\nhello')
    assert log.headers["content-type"].startswith("text/plain")
    assert logged.http.get("/taskmanagers/tm-1/stdout").text == "hello of a function\n"
    assert logged.http.get("/taskmanagers/tm-1/logs/tm-1.log.1").text == "older\n"
    assert logged.http.get("/jobmanager/log").text == '{"event":"up"}\n'
    assert logged.http.get("/jobmanager/stdout").text == ""
    assert logged.http.get("/jobmanager/logs/dispatcher-1.log").status_code == 200


@pytest.mark.parametrize(
    "name",
    ["..%2Fsecret.log", "%2e%2e%2fsecret.log", "secret.log", "redis.log", "tm-11.log", "tm-1.log.2", "tm-1.log%00"],
)
def test_no_name_leaves_the_folder(logged: Replica, name: str) -> None:
    for url in (f"/taskmanagers/tm-1/logs/{name}", f"/jobmanager/logs/{name}"):
        answer = logged.http.get(url)
        assert answer.status_code in (400, 404), answer.text
        assert set(answer.json()) == {"errors"}


def test_a_long_log_is_shown_from_a_line_near_its_end(folder: Path) -> None:
    (folder / "tm-1.log").write_bytes(b"".join(b"line %06d\n" % n for n in range(1000)))
    assert LogFolder(folder).tail("tm-1.log", ["tm-1"], 25) == b"line 000998\nline 000999\n"


def test_where_the_folder_is_not_known_it_says_so(replica: Replica) -> None:
    replica.taskmanager()
    assert replica.http.get("/taskmanagers/tm-1/logs").json() == {"logs": []}
    answer = replica.http.get("/taskmanagers/tm-1/log")
    assert answer.status_code == 404
    assert "env.log.dir has to name the folder" in answer.json()["errors"][0]


def test_settings_are_shown_without_secrets() -> None:
    replica = Replica(
        **{"s3.secret-key": "abc", "penstock.redis.url": "redis://me:pw@box:1/0", "taskmanager.host": "b"}
    )
    found = {e["key"]: e["value"] for e in replica.http.get("/jobmanager/config").json()}
    assert found["s3.secret-key"] == "******"
    assert found["penstock.redis.url"] == "redis://me:******@box:1/0"
    assert found["taskmanager.host"] == "b"


def test_urls_lose_their_passwords() -> None:
    assert shown("redis://:pw@a:1;redis://b:2") == "redis://:******@a:1;redis://b:2"
    assert shown("redis://token@a:1/0") == "redis://******@a:1/0"
    assert shown("plain @ text") == "plain @ text"


def test_own_threads_have_stacks(replica: Replica) -> None:
    infos = replica.http.get("/jobmanager/thread-dump").json()["threadInfos"]
    assert any("MainThread" in i["threadName"] and "File" in i["stringifiedThreadInfo"] for i in infos)


def test_a_reader_gets_what_was_added_in_whole_lines(logged: Replica, folder: Path) -> None:
    listed = logged.http.get("/penstock/logs").json()
    assert listed["folder"] is True
    assert [(f["process"], f["name"]) for f in listed["logs"]] == [
        ("dispatcher-1", "dispatcher-1.log"),
        ("jobmanager-1", "jobmanager-1.log"),
        ("tm-1", "tm-1.log"),
        ("tm-1", "tm-1.log.1"),
    ]
    first = logged.http.get("/penstock/logs/tm-1.log").json()
    assert (first["begin"], first["end"], first["size"]) == (0, 52, 52)
    with (folder / "tm-1.log").open("a") as log:
        log.write("one\ntwo\nhalf a li")
    added = logged.http.get("/penstock/logs/tm-1.log?after=52").json()
    assert (added["text"], added["end"]) == ("one\ntwo\n", 60)
    assert logged.http.get("/penstock/logs/tm-1.log?after=60").json()["text"] == ""
    (folder / "tm-1.log").write_text("begun anew\n")
    assert logged.http.get("/penstock/logs/tm-1.log?after=60").json()["text"] == "begun anew\n"


def test_parts_of_a_log_are_bounded_and_leave_nothing_out(logged: Replica, folder: Path) -> None:
    lines = "".join(f"line {n}\n" for n in range(200)) + "x" * 300 + "\n"
    (folder / "tm-1.log").write_text(lines)
    found, at = "", 0
    while at < len(lines):
        part = logged.http.get(f"/penstock/logs/tm-1.log?after={at}&most=100").json()
        assert 0 < len(part["text"]) <= 100 and part["begin"] == at
        found, at = found + part["text"], part["end"]
    assert found == lines
    last = logged.http.get("/penstock/logs/tm-1.log?most=312").json()
    assert last["text"] == "line 199\n" + "x" * 300 + "\n"


@pytest.mark.parametrize("name", ["redis.log", "tm-11.log", "tm-1.log.2", "..%2Fsecret.log", "%2e%2e%2fsecret.log"])
def test_no_name_leads_a_reader_out_of_the_folder(logged: Replica, name: str) -> None:
    assert logged.http.get(f"/penstock/logs/{name}").status_code in (400, 404)


def test_without_a_folder_there_is_nothing_to_follow(replica: Replica) -> None:
    assert replica.http.get("/penstock/logs").json() == {"folder": False, "logs": []}
    missing = replica.http.get("/penstock/logs/tm-1.log")
    assert missing.status_code == 404
    assert "env.log.dir names no folder" in missing.json()["errors"][0]
    assert replica.http.get("/penstock/logs/tm-1.log?most=0").status_code == 400


def test_a_page_follows_a_log_from_where_it_was(logged: Replica, folder: Path) -> None:
    page = LogPage(LogFolder(folder), lambda: ["tm-1"], "tm-1.log")
    first = page()
    assert (first["begin"], first["end"], first["folder"]) == (0, 52, True)
    assert [log["name"] for log in first["logs"]] == ["tm-1.log", "tm-1.log.1"]
    assert (page()["begin"], page()["text"]) == (52, "")
    with (folder / "tm-1.log").open("a") as log:
        log.write("one\nhalf a li")
    added = page()
    assert (added["begin"], added["end"], added["text"]) == (52, 56, "one\n")
    (folder / "tm-1.log").write_text("begun anew\n")
    anew = page()
    assert (anew["begin"], anew["text"]) == (0, "begun anew\n")


def test_a_page_of_no_log_in_particular_shows_a_jobmanagers(logged: Replica) -> None:
    shown = logged.http.get("/penstock/views/logs").json()
    assert (shown["name"], shown["text"]) == ("jobmanager-1.log", '{"event":"up"}\n')
    assert logged.http.get("/penstock/views/logs?file=tm-1.log").json()["name"] == "tm-1.log"
    refused = logged.http.get("/penstock/views/logs?file=..%2Fsecret.log")
    assert refused.status_code == 404 and "no log file" in refused.json()["errors"][0]


def test_a_page_without_a_folder_says_so(replica: Replica) -> None:
    shown = replica.http.get("/penstock/views/logs").json()
    assert (shown["folder"], shown["logs"], shown["name"]) == (False, [], None)
