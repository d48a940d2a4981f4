"""`/jars`: uploads, hostile ones among them, and how a run request is read."""

import stat
from pathlib import Path

import pytest

from penstock_dispatcher import jar_files
from penstock_dispatcher.jar_files import entry_file, lay_out
from penstock_dispatcher.jar_request import parse_run_request
from penstock_dispatcher.problems import BadRequest

from .replica import JOB, Replica, graph
from .zips import zip_of, zip_with_mode

SCRIPT = b"print('hello')"


def upload(replica: Replica, name: str, content: bytes) -> str:
    answer = replica.http.post("/jars/upload", files={"jarfile": (name, content, "application/octet-stream")})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "success"
    return str(answer.json()["filename"]).rpartition("/")[2]


def test_an_uploaded_script_is_listed_and_can_be_deleted(replica: Replica) -> None:
    jar = upload(replica, "job.py", SCRIPT)
    assert jar.endswith("_job.py")
    listed = replica.http.get("/jars").json()
    assert listed["address"] == "http://127.0.0.1:8081"
    assert [(f["id"], f["name"], f["entry"]) for f in listed["files"]] == [
        (jar, "job.py", [{"name": "job.py", "description": ""}])
    ]
    assert (replica.http.delete(f"/jars/{jar}").status_code, replica.http.get("/jars").json()["files"]) == (200, [])
    assert replica.http.delete(f"/jars/{jar}").status_code == 404


def test_a_path_in_the_file_name_is_dropped(replica: Replica) -> None:
    assert upload(replica, "../../../etc/job.py", SCRIPT).endswith("_job.py")
    assert upload(replica, "C:\\jobs\\job.py", SCRIPT).endswith("_job.py")


@pytest.mark.parametrize(
    ("files", "entry"),
    [
        ({"a.py": b"", "b.py": b""}, None),
        ({"only.py": b"", "pkg/x.py": b""}, "only.py"),
        ({"__main__.py": b"", "b.py": b""}, "__main__.py"),
    ],
)
def test_the_entry_of_a_zip(replica: Replica, files: dict[str, bytes], entry: str | None) -> None:
    upload(replica, "job.zip", zip_of(files))
    (listed,) = replica.http.get("/jars").json()["files"]
    assert listed["entry"] == ([{"name": entry, "description": ""}] if entry else [])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("job.jar", b"PK", "job.jar is none of .py, .zip, .whl"),
        ("job", b"PK", "job is none of"),
        ("job.zip", b"no zip at all", "job.zip: not a zip"),
        ("job.zip", b"", "job.zip: not a zip"),
        ("job.zip", zip_of({"../evil.py": b""}), "job.zip: member '../evil.py' of the zip would escape its folder"),
        ("job.zip", zip_of({"a/../../evil.py": b""}), "job.zip: member 'a/../../evil.py'"),
        ("job.zip", zip_of({"/etc/evil.py": b""}), "job.zip: member '/etc/evil.py'"),
        ("job.zip", zip_of({"a\\..\\evil.py": b""}), "job.zip: member"),
        ("job.zip", zip_of({"C:/evil.py": b""}), "job.zip: member 'C:/evil.py'"),
        ("job.whl", zip_with_mode("link.py", b"/etc/passwd", stat.S_IFLNK | 0o777), "job.whl: member 'link.py'"),
        ("job.zip", zip_with_mode("pipe", b"", stat.S_IFIFO | 0o600), "job.zip: member 'pipe'"),
    ],
)
def test_hostile_uploads_are_400(replica: Replica, name: str, content: bytes, message: str) -> None:
    answer = replica.http.post("/jars/upload", files={"jarfile": (name, content, "application/octet-stream")})
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(message)
    assert replica.http.get("/jars").json()["files"] == []


def test_a_zip_bomb_is_refused(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jar_files, "MAX_UNPACKED", 1 << 20)
    bomb = zip_of({f"{n}.py": bytes(1 << 18) for n in range(5)})
    assert len(bomb) < 10_000
    answer = replica.http.post("/jars/upload", files={"jarfile": ("job.zip", bomb, "application/zip")})
    assert answer.status_code == 400
    assert "unpacks to more than 1048576 bytes" in answer.json()["errors"][0]


def test_a_member_that_is_not_what_the_directory_says_is_never_written(tmp_path: Path) -> None:
    lying = zip_of({"job.py": b"x" * 1000}).replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(BadRequest, match=r"member 'job\.py' of the zip cannot be read"):
        lay_out("job.zip", lying, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wanted", "default", "found"),
    [
        (None, "job.py", ("job.py", False)),
        ("job.py", None, ("job.py", False)),
        ("pkg.main", None, ("pkg/main.py", True)),
        ("pkg", None, ("pkg/__main__.py", True)),
        ("pkg/main.py", None, ("pkg/main.py", True)),
    ],
)
def test_an_entry_is_a_file_or_a_module(
    tmp_path: Path, wanted: str | None, default: str | None, found: tuple[str, bool]
) -> None:
    lay_out("job.zip", zip_of({"job.py": b"", "pkg/main.py": b"", "pkg/__main__.py": b""}), tmp_path)
    assert entry_file(tmp_path, wanted, default) == found


@pytest.mark.parametrize("wanted", [None, "other.py", "../job.py", "/etc/passwd", "pkg.other", "a b", ""])
def test_an_entry_that_is_not_in_the_program_is_400(tmp_path: Path, wanted: str | None) -> None:
    (tmp_path / "job.py").touch()
    with pytest.raises(BadRequest, match="entry-class"):
        entry_file(tmp_path, wanted, None)


@pytest.mark.parametrize(
    "options",
    [
        {"content": SCRIPT},
        {"data": {"jarfile": "text"}},
        {"content": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"files": [("jarfile", ("a.py", SCRIPT)), ("jarfile", ("b.py", SCRIPT))]},
    ],
)
def test_what_is_no_upload_is_400(replica: Replica, options: dict[str, object]) -> None:
    answer = replica.http.post("/jars/upload", **options)
    assert answer.status_code == 400
    assert set(answer.json()) == {"errors"}


def test_the_field_of_an_upload_may_have_any_name(replica: Replica) -> None:
    """flink-rest-client calls it `file`."""
    answer = replica.http.post("/jars/upload", files={"file": ("job.py", SCRIPT, "application/x-java-archive")})
    assert answer.status_code == 200
    assert answer.json()["filename"].endswith("_job.py")


def test_an_upload_past_the_limit_is_413() -> None:
    replica = Replica(**{"rest.server.max-content-length": "1000"})
    answer = replica.http.post("/jars/upload", files={"jarfile": ("job.py", b"#" * 2000, "text/plain")})
    assert answer.status_code == 413


def test_a_run_gets_arguments_and_configuration_from_the_body(replica: Replica) -> None:
    jar = upload(replica, "job.py", SCRIPT)
    body = {
        "entryClass": "job.py",
        "programArgsList": ["--input", "a b"],
        "parallelism": 3,
        "jobId": JOB,
        "flinkConfiguration": {"pipeline.name": "mine"},
        "allowNonRestoredState": None,
    }
    answer = replica.http.post(f"/jars/{jar}/run", json=body)
    assert answer.json() == {"jobid": JOB, "jobids": [JOB], "output": "hello\n"}
    ((row, content, request, configuration),) = replica.runner.runs
    assert (row.id, content, request.arguments) == (jar, SCRIPT, ("--input", "a b"))
    assert configuration == {"pipeline.name": "mine", "parallelism.default": "3"}


@pytest.mark.parametrize(
    ("query", "body", "arguments"),
    [
        ("?programArg=--a,1&parallelism=2", {}, ("--a", "1")),
        ("?program-args=--a 'x y'", {}, ("--a", "x y")),
        ("", {"programArgs": "--a 'x y'", "entry-class": "job.py"}, ("--a", "x y")),
        ("?programArg=query", {"programArg": ["body"]}, ("body",)),
        ("", {}, ()),
    ],
)
def test_older_names_of_parameters_are_understood(
    replica: Replica, query: str, body: dict[str, object], arguments: tuple[str, ...]
) -> None:
    jar = upload(replica, "job.py", SCRIPT)
    assert replica.http.post(f"/jars/{jar}/run{query}", json=body).status_code == 200
    assert replica.runner.runs[0][2].arguments == arguments


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"unheard": 1}, "the run request cannot be read"),
        ({"parallelism": "many"}, "the run request cannot be read"),
        ({"parallelism": 0}, "parallelism 0 is not a positive number"),
        ({"programArgs": "'"}, 'programArgs "\'" cannot be split'),
        ({"jobId": "7"}, "jobId '7' is not an id"),
        ({"savepointPath": "/x", "claimMode": "CLAIM"}, "claimMode 'CLAIM' is not possible"),
        ({"savepointPath": "/x", "restoreMode": "LEGACY"}, "claimMode 'LEGACY' is not possible"),
        ({"flinkConfiguration": {"paralelism.default": "1", "rest.prot": "1"}}, "flinkConfiguration: there is no key"),
        ({"flinkConfiguration": {"parallelism.default": "x"}}, "flinkConfiguration: parallelism.default"),
        ([], "the request's body is a JSON list"),
    ],
)
def test_bad_run_requests_are_400(replica: Replica, body: object, message: str) -> None:
    jar = upload(replica, "job.py", SCRIPT)
    answer = replica.http.post(f"/jars/{jar}/run", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(message)
    assert replica.runner.runs == []


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", {"savepointPath": "/s", "allowNonRestoredState": True, "claimMode": "NO_CLAIM"}),
        ("?savepointPath=/s&allowNonRestoredState=true", {}),
    ],
)
def test_a_program_runs_from_a_savepoint(replica: Replica, query: str, body: object) -> None:
    jar = upload(replica, "job.py", SCRIPT)
    assert replica.http.post(f"/jars/{jar}/run{query}", json=body).status_code == 200
    _, _, request, configuration = replica.runner.runs[0]
    assert configuration["execution.state-recovery.path"] == "/s"
    assert configuration["execution.state-recovery.ignore-unclaimed-state"] == "true"
    assert request.origin("d", "e") != parse_run_request({}, {}).origin("d", "e")


def test_a_run_of_no_program_is_404(replica: Replica) -> None:
    assert replica.http.post("/jars/none/run").status_code == 404


def test_a_repeated_run_request_runs_nothing_again(replica: Replica) -> None:
    jar = upload(replica, "job.py", SCRIPT)
    body = {"jobId": JOB, "programArgsList": ["1"]}
    first = replica.http.post(f"/jars/{jar}/run", json=body)
    assert first.json()["jobid"] == JOB
    ((row, _, request, _),) = replica.runner.runs
    replica.submit(graph(configuration={"$internal.program.origin": request.origin(row.digest, "job.py")}))
    again = replica.http.post(f"/jars/{jar}/run", json=body)
    assert again.json()["jobids"] == [JOB]
    assert len(replica.runner.runs) == 1
    other = replica.http.post(f"/jars/{jar}/run", json={**body, "programArgsList": ["2"]})
    assert other.status_code == 409
    assert len(replica.runner.runs) == 1


def test_programs_can_be_switched_off() -> None:
    replica = Replica(**{"web.submit.enable": "false"})
    assert replica.http.get("/jars").status_code == 403
    assert replica.http.post("/jars/x/run").status_code == 403
    assert replica.http.get("/config").json()["features"]["web-submit"] is False
