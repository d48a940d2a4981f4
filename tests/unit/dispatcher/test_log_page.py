"""The page of a log: what it follows when files go, when its reader comes back, and while Redis is away."""

from pathlib import Path
from typing import Any

import pytest
import redis

from penstock_dispatcher.logs.log_folder import LogFile, LogFolder
from penstock_dispatcher.logs.log_page import LogPage
from penstock_dispatcher.problems import NotFound

from .replica import Replica

KINDS = ["jobmanager-*", "taskmanager-*"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobmanager-1.log").write_text("one\n")
    (tmp_path / "jobmanager-2.log").write_text("two\n")
    (tmp_path / "taskmanager-1.log").write_text("three\n")
    return tmp_path


def page(folder: Path, asked: str | None = None, **at: Any) -> LogPage:
    return LogPage(LogFolder(folder), lambda: KINDS, asked, **at)


def told(document: dict[str, Any]) -> tuple[str | None, int, str]:
    return document["name"], document["begin"], document["text"]


def test_when_the_log_of_its_own_choice_goes_it_shows_another(folder: Path) -> None:
    follow = page(folder)
    assert told(follow()) == ("jobmanager-1.log", 0, "one\n")
    (folder / "jobmanager-1.log").unlink()
    assert told(follow()) == ("jobmanager-1.log", 4, ""), "it may be rotated just now"
    assert told(follow()) == ("jobmanager-2.log", 0, "two\n")
    assert told(follow()) == ("jobmanager-2.log", 4, "")
    for left in folder.iterdir():
        left.unlink()
    follow()
    assert told(follow()) == (None, 0, "")


def test_a_log_that_was_asked_for_may_be_missing_at_one_look(folder: Path) -> None:
    follow, log = page(folder, "taskmanager-1.log"), folder / "taskmanager-1.log"
    follow()
    log.rename(folder / "taskmanager-1.log.1")
    assert told(follow()) == ("taskmanager-1.log", 6, "")
    log.write_text("four and more\n")
    follow()
    log.unlink()
    follow()
    with pytest.raises(NotFound, match="taskmanager-1"):
        follow()


@pytest.mark.parametrize("at", [{"asked": "jobmanager-2.log"}, {"last": "jobmanager-2.log"}])
def test_a_reader_who_comes_back_goes_on_where_he_was(folder: Path, at: dict[str, str]) -> None:
    lines = "".join(f"line {n}\n" for n in range(20_000))
    (folder / "jobmanager-2.log").write_text(lines)
    name, begin, text = told(page(folder, **{"asked": None, **at}, after=7)())
    assert (name, begin, text) == ("jobmanager-2.log", 7, lines[7:])


def test_beyond_the_end_of_a_log_its_tail_is_shown(folder: Path) -> None:
    (folder / "jobmanager-2.log").write_text("x\n" * 50_000)
    _, begin, text = told(page(folder, "jobmanager-2.log", after=100_001)())
    assert begin > 0 and begin + len(text) == 100_000


def test_where_the_last_log_is_gone_the_byte_in_it_says_nothing(folder: Path) -> None:
    assert told(page(folder, last="jobmanager-0.log", after=2)()) == ("jobmanager-1.log", 0, "one\n")


@pytest.mark.parametrize("kind", ["views", "events"])
@pytest.mark.parametrize("query", ["file=jobmanager-1.log&after=-1", "last=jobmanager-1.log&after=x", "after=3"])
def test_a_wrong_position_is_refused(folder: Path, kind: str, query: str) -> None:
    answer = Replica(**{"env.log.dir": str(folder)}).http.get(f"/penstock/{kind}/logs?{query}")
    assert answer.status_code == 400 and "query parameter after" in answer.json()["errors"][0]


def test_a_position_is_taken_from_the_query(folder: Path) -> None:
    http = Replica(**{"env.log.dir": str(folder)}).http
    assert told(http.get("/penstock/views/logs?last=jobmanager-2.log&after=4").json()) == ("jobmanager-2.log", 4, "")


def test_a_file_that_vanishes_while_the_folder_is_listed_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_symlink = Path.is_symlink

    def last_question(path: Path) -> bool:
        answer = is_symlink(path)
        if path.name == "jobmanager-1.log":
            path.unlink()
        return answer

    monkeypatch.setattr(Path, "is_symlink", last_question)
    assert [file.name for file in LogFolder(folder).of(*KINDS)] == ["jobmanager-2.log", "taskmanager-1.log"]


def test_a_file_that_vanishes_once_it_is_listed_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = LogFolder.of

    def then_gone(self: LogFolder, *processes: str) -> list[LogFile]:
        files = listed(self, *processes)
        (folder / "jobmanager-1.log").unlink(missing_ok=True)
        return files

    for read in (
        lambda: LogFolder(folder).part("jobmanager-1.log", KINDS, None, 100),
        lambda: LogFolder(folder).tail("jobmanager-1.log", KINDS),
    ):
        (folder / "jobmanager-1.log").write_text("one\n")
        with monkeypatch.context() as patch, pytest.raises(KeyError):
            patch.setattr(LogFolder, "of", then_gone)
            read()


def test_logs_are_followed_while_redis_is_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "tm-1.log").write_text("a custom name\n")
    replica = Replica(**{"env.log.dir": str(folder)})
    replica.taskmanager()
    before = replica.http.get("/penstock/views/logs?file=tm-1.log").json()

    def away() -> None:
        raise redis.ConnectionError("refused")

    monkeypatch.setattr(replica.dispatcher.reader, "slots", away)
    answer = replica.http.get("/penstock/views/logs?file=tm-1.log")
    assert answer.status_code == 200 and told(answer.json()) == told(before)

    def broken() -> None:
        raise redis.AuthenticationError("wrong password")

    monkeypatch.setattr(replica.dispatcher.reader, "slots", broken)
    assert replica.http.get("/penstock/views/logs?file=tm-1.log").status_code == 500
