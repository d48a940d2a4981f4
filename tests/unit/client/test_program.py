"""Programs run in this process as Python runs them: argv, path, __main__, errors, and what they start."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.client.context import ProgramContext, current, derived_job_id
from penstock.client.executors import PlanExecutor, RecordingExecutor, executor_for
from penstock.client.program import ProgramError, run_program, user_traceback
from penstock.client.remote import RemoteExecutor
from penstock.graph.compiled import CompiledJob
from penstock.graph.job_graph import JobGraph

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def run(script: Path, *args: str, **fields: Any) -> ProgramContext:
    context = ProgramContext(**fields)
    run_program(script, args, context)
    return context


def test_the_script_sees_what_python_would_show_it(write: Write, tmp_path: Path) -> None:
    write("beside.py", "VALUE = 7")
    script = write(
        "job.py",
        "import sys, beside, __main__, json\n"
        "facts = [sys.argv, sys.path[0], __name__, __file__, __main__.__dict__ is globals(), beside.VALUE]\n"
        "from penstock.client.context import current\n"
        "current.get().output = json.dumps(facts)\n",
    )
    before = (sys.argv, list(sys.path), sys.modules["__main__"])
    output = run(script, "--a", "b c").output
    sys.modules.pop("beside")
    assert json.loads(output) == [[str(script), "--a", "b c"], str(tmp_path), "__main__", str(script), True, 7]
    assert (sys.argv, list(sys.path), sys.modules["__main__"]) == before
    assert current.get() is None


def test_a_module_of_a_package_may_import_relatively(write: Write, tmp_path: Path) -> None:
    write("pkgx/__init__.py", "")
    write("pkgx/other.py", "VALUE = 8")
    script = write(
        "pkgx/main.py",
        "from .other import VALUE\nfrom penstock.client.context import current\ncurrent.get().output = str(VALUE)\n",
    )
    context = ProgramContext()
    run_program(script, (), context, root=tmp_path)
    for name in ("pkgx", "pkgx.other"):
        sys.modules.pop(name)
    assert (context.output, context.folder) == ("8", tmp_path)


def test_what_the_script_raises_is_raised_and_its_frames_come_first(write: Write) -> None:
    script = write("job.py", "def inner():\n    raise KeyError('mine')\n\ninner()\n")
    with pytest.raises(KeyError) as raised:
        run(script)
    text = user_traceback(raised.value, script)
    assert text.splitlines()[1].strip() == f'File "{script}", line 4, in <module>'
    assert "program.py" not in text
    assert text.rstrip().endswith("KeyError: 'mine'")


def test_a_syntax_error_is_told_with_its_line(write: Write) -> None:
    script = write("job.py", "x = 1\ndef f(:\n")
    with pytest.raises(SyntaxError) as raised:
        run(script)
    text = user_traceback(raised.value, script)
    assert text.splitlines()[0].strip() == f'File "{script}", line 2'


@pytest.mark.parametrize(("code", "expected"), [("3", 3), ("", None), ("'why'", "why")])
def test_system_exit_is_honoured(write: Write, code: str, expected: object) -> None:
    with pytest.raises(SystemExit) as raised:
        run(write("job.py", f"import sys\nsys.exit({code})"))
    assert raised.value.code == expected


@pytest.mark.parametrize(("name", "message"), [("none.py", "does not exist"), (".", "is a folder")])
def test_what_is_no_script_is_named(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        run(tmp_path / name)


def test_a_script_in_another_encoding_and_with_a_hash_bang(write: Write, tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_bytes("#!/usr/bin/env python\n# -*- coding: latin-1 -*-\nassert 'é' == chr(233)\n".encode("latin-1"))
    run(script)


def graph(job_id: str = "0" * 32) -> JobGraph:
    return JobGraph(job_id=job_id, name="j", vertices=(), edges=(), plan='{"nodes": []}')


def test_only_the_plan_is_recorded_where_only_that_is_wanted(write: Write) -> None:
    script = write(
        "job.py",
        "from penstock.client.executors import executor_for\n"
        "from penstock.graph.compiled import CompiledJob\n"
        "from penstock.graph.job_graph import JobGraph\n"
        "try:\n"
        "    executor_for({}).execute(CompiledJob(JobGraph(job_id='', name='', vertices=(), edges=(), plan='P')))\n"
        "except Exception:\n"
        "    pass\n"
        "raise RuntimeError('never reached')\n",
    )
    context = run(script, plan_only=True)
    assert (context.plans, context.jobs) == (["P"], [])


def test_the_executor_follows_context_and_configuration() -> None:
    assert type(executor_for({})).__name__ == "LocalExecutor"
    assert isinstance(executor_for({"rest.address": "box"}), RemoteExecutor)
    assert isinstance(executor_for({"penstock.rest.addresses": "a:1,b:2"}), RemoteExecutor)
    assert type(executor_for({"rest.address": "box", "execution.target": "local"})).__name__ == "LocalExecutor"
    with current.use(ProgramContext(plan_only=True)):
        assert isinstance(executor_for({}), PlanExecutor)
    with current.use(ProgramContext(configuration={"rest.address": "box"})):
        executor = executor_for({})
        assert isinstance(executor, RecordingExecutor)
        assert isinstance(executor._executor, RemoteExecutor)
    with pytest.raises(ValueError, match=r"execution\.target is remote, but no cluster is named"):
        executor_for({"execution.target": "remote"})
    with pytest.raises(ValueError, match=r"execution\.target is 'yarn'"):
        executor_for({"execution.target": "yarn"})


def test_ids_of_a_programs_jobs_are_the_same_when_it_is_run_again() -> None:
    first = "a" * 32
    assert derived_job_id(first, 0) == first
    ids = [derived_job_id(first, n) for n in range(4)]
    assert ids == [derived_job_id(first, n) for n in range(4)]
    assert len({*ids, derived_job_id("b" * 32, 1)}) == 5
    assert all(len(i) == 32 and int(i, 16) >= 0 for i in ids)
    assert ProgramContext().next_job_id("c" * 32) == "c" * 32
    assert ProgramContext(job_id=first).next_job_id("c" * 32) == first


def test_jobs_are_recorded_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Started:
        job_id = "0" * 32

    class Executor:
        def execute(self, compiled: CompiledJob) -> Any:
            return Started()

    told: list[str] = []
    context = ProgramContext(on_submit=lambda client: told.append(client.job_id))
    RecordingExecutor(Executor(), context).execute(CompiledJob(graph()))
    assert (told, len(context.jobs)) == (["0" * 32], 1)
