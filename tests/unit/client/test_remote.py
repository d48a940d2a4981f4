"""RemoteExecutor and programs sent to the cluster, against the real dispatcher application in memory."""

import hashlib
import json
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import httpx
import msgspec
import pytest

from penstock.client import remote, remote_program
from penstock.client.config import Configuration
from penstock.client.context import ProgramContext
from penstock.client.program import run_program
from penstock.client.program_error import RemoteProgramError
from penstock.client.remote import RemoteExecutor
from penstock.client.rest_client import RestClient, RestError
from penstock.graph.compiled import CompiledJob
from penstock.graph.job_graph import JobGraph, JobVertex, OperatorNode

JOB = "5" * 32
SPEC = b"pickled"


def compiled(**changes: object) -> CompiledJob:
    digest = hashlib.sha256(SPEC).hexdigest()
    operator = OperatorNode(id="a" * 32, name="op", spec=digest)
    vertex = JobVertex(id="a" * 32, name="op", operators=(operator,), parallelism=1, max_parallelism=128)
    fields: dict[str, object] = {"job_id": JOB, "name": "j", "vertices": (vertex,), "edges": (), **changes}
    return CompiledJob(msgspec.convert(fields, JobGraph), {digest: SPEC})


class Cluster:
    """A dispatcher's answers, and what it was sent."""

    def __init__(self, missing: list[str] | None = None, versions: tuple[str, ...] = ()) -> None:
        self.missing, self.versions = missing, versions
        self.blobs: dict[str, bytes] = {}
        self.graphs: list[JobGraph] = []
        self.uploads: list[bytes] = []
        self.runs: list[dict[str, object]] = []
        self.run_errors: list[str] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path, body = request.url.path, request.read()
        match path.split("/")[1:]:
            case ["penstock", "cluster"]:
                return httpx.Response(200, json={"python-versions": list(self.versions)})
            case ["penstock", "blobs", "missing"]:
                wanted = json.loads(body)["blobs"]
                return httpx.Response(200, json={"missing": [d for d in wanted if d not in self.blobs]})
            case ["penstock", "blobs", digest]:
                self.blobs[digest] = body
                return httpx.Response(201, json={})
            case ["penstock", "jobs"]:
                self.graphs.append(msgspec.json.decode(body, type=JobGraph))
                return httpx.Response(202, json={"jobid": self.graphs[-1].job_id})
            case ["v1", "jars", "upload"]:
                self.uploads.append(body)
                return httpx.Response(200, json={"filename": "/jars/7_job.zip", "status": "success"})
            case ["v1", "jars", "7_job.zip", "run"]:
                self.runs.append(json.loads(body))
                if self.run_errors:
                    return httpx.Response(400, json={"errors": self.run_errors})
                return httpx.Response(200, json={"jobid": JOB, "jobids": [JOB], "output": "from there\n"})
            case _:
                return httpx.Response(404, json={"errors": [f"Not found: {path}"]})


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster()

    def client(addresses: tuple[str, ...], configuration: Configuration) -> RestClient:
        return RestClient(addresses, configuration, transport=made.transport)

    monkeypatch.setattr(remote, "RestClient", client)
    monkeypatch.setattr(remote_program, "RestClient", client)
    return made


def execute(context: ProgramContext | None = None, *, job: CompiledJob | None = None, **settings: str) -> str:
    configuration = Configuration({name.replace("__", "."): value for name, value in settings.items()})
    return RemoteExecutor(("http://a:1",), configuration, context).execute(job or compiled()).job_id


def test_only_missing_blobs_are_uploaded_before_the_graph(cluster: Cluster) -> None:
    assert execute(ProgramContext()) == JOB
    assert cluster.blobs == {hashlib.sha256(SPEC).hexdigest(): SPEC}
    cluster.blobs = dict.fromkeys(cluster.blobs, b"there")
    execute(ProgramContext())
    assert set(cluster.blobs.values()) == {b"there"}
    assert [g.job_id for g in cluster.graphs] == [JOB, JOB]


def test_modules_beside_the_program_travel_as_the_package(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("import helper")
    (tmp_path / "helper.py").write_text("X = 1")
    execute(ProgramContext(program=tmp_path / "job.py", folder=tmp_path))
    package = cluster.graphs[0].package
    assert package is not None
    with zipfile.ZipFile(BytesIO(cluster.blobs[package])) as archive:
        assert archive.namelist() == ["helper.py"]


def test_requirements_come_from_the_jobs_and_the_commands_configuration(cluster: Cluster, tmp_path: Path) -> None:
    listing = tmp_path / "requirements.txt"
    listing.write_text("six==1.16\n")
    execute(ProgramContext(), python__requirements=str(listing))
    execute(ProgramContext(), job=compiled(configuration={"python.requirements": f"{listing}#/cache"}))
    assert [g.requirements for g in cluster.graphs] == [("six==1.16",), ("six==1.16",)]


def test_a_dispatchers_child_uses_the_ids_and_the_origin_it_was_given(cluster: Cluster) -> None:
    execute(ProgramContext(job_id="9" * 32, origin="o" * 64))
    assert cluster.graphs[0].job_id == "9" * 32
    assert cluster.graphs[0].configuration[remote.ORIGIN_KEY] == "o" * 64


def run(script: Path, context: ProgramContext) -> None:
    run_program(script, ("--x", "1"), context)


def test_a_program_for_another_python_is_sent_with_all_it_needs(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.versions = ("3.1",)
    (tmp_path / "job.py").write_text("raise SystemExit('must not run here')")
    (tmp_path / "helper.py").write_text("")
    (tmp_path / "requirements.txt").write_text("six\n")
    settings = {
        "pipeline.name": "n",
        "rest.address": "a",
        "python.requirements": str(tmp_path / "requirements.txt"),
    }
    told: list[str] = []
    context = ProgramContext(configuration=settings, addresses=("a:1",), attached=False)
    context.on_submit = lambda client: told.append(client.job_id)
    run(tmp_path / "job.py", context)
    (body,) = cluster.runs
    assert (body["entryClass"], body["programArgsList"]) == ("job.py", ["--x", "1"])
    assert body["flinkConfiguration"] == {
        "pipeline.name": "n",
        "python.requirements": "penstock-requirements.txt",
    }
    for name in (b"job.py", b"helper.py", b"penstock-requirements.txt"):
        assert name in cluster.uploads[0]
    assert (told, context.output, capsys.readouterr().out) == ([JOB], "from there\n", "from there\n")


def test_what_goes_wrong_over_there_is_told_as_if_it_were_here(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.versions = ("3.1",)
    (tmp_path / "job.py").write_text("print('begins')\nraise KeyError('mine')\n")
    traceback = (
        "Traceback (most recent call last):\n"
        '  File "/tmp/penstock-program-x/program/job.py", line 2, in <module>\n'
        "    raise KeyError('mine')\n"
        "KeyError: 'mine'\n"
    )
    cluster.run_errors = [traceback, f"jobs it had started: {JOB}", "its output:\nbegins\n"]
    context = ProgramContext(addresses=("a:1",))
    with pytest.raises(RemoteProgramError) as raised:
        run(tmp_path / "job.py", context)
    assert raised.value.traceback == traceback.replace("/tmp/penstock-program-x/program", str(tmp_path))
    assert str(raised.value).endswith(f"raised KeyError; jobs it had started: {JOB}")
    assert capsys.readouterr().out == "begins\n"


def test_other_refusals_pass_with_the_output(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.versions = ("3.1",)
    (tmp_path / "job.py").write_text("print('no job')\n")
    cluster.run_errors = ["job.py started no job", "its output:\nno job\n"]
    with pytest.raises(RestError, match="started no job"):
        run(tmp_path / "job.py", ProgramContext(addresses=("a:1",)))
    assert capsys.readouterr().out == "no job\n"


def test_a_program_for_this_python_runs_here(cluster: Cluster, tmp_path: Path) -> None:
    cluster.versions = (f"{sys.version_info.major}.{sys.version_info.minor}",)
    (tmp_path / "job.py").write_text("raise SystemExit('it ran here')")
    with pytest.raises(SystemExit, match="it ran here"):
        run(tmp_path / "job.py", ProgramContext(addresses=("a:1",)))
    assert cluster.uploads == []


def test_an_error_of_the_cluster_passes(cluster: Cluster) -> None:
    cluster.transport = httpx.MockTransport(lambda _: httpx.Response(409, json={"errors": ["taken"]}))
    with pytest.raises(RestError, match=r"^taken$"):
        execute(ProgramContext())
