"""What scripts and shells read: JSON, completion."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from penstock.client.cli.main import cli

PROGRAM = """
import sys
from penstock.datastream import StreamExecutionEnvironment

print("the program says hello")
env = StreamExecutionEnvironment.get_execution_environment()
def careful(n):
    if len(sys.argv) > 1:
        raise ValueError("no")
    return n
env.from_collection([1, 2, 3]).map(careful).filter(lambda n: False).print()
env.execute("three")
"""


def penstock(*args: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PENSTOCK")}
    command = [sys.executable, "-m", "penstock", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, env={**kept, **environment})


@pytest.mark.parametrize(("args", "state", "status"), [((), "FINISHED", 0), (("raise",), "FAILED", 1)])
def test_run_prints_a_line_of_json_for_each_job_and_nothing_else(
    tmp_path: Path, args: tuple[str, ...], state: str, status: int
) -> None:
    (tmp_path / "job.py").write_text(PROGRAM)
    done = penstock("run", "--json", str(tmp_path / "job.py"), *args)
    assert done.returncode == status
    (told,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (told["state"], len(told["job"])) == (state, 32)
    assert told["error"] is None if status == 0 else "ValueError: no" in told["error"]
    assert "the program says hello" in done.stderr


def test_a_plan_is_json_on_one_line_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(PROGRAM)
    plain, line = (penstock("info", *options, str(tmp_path / "job.py")) for options in ((), ("--json",)))
    assert (plain.returncode, line.returncode, len(line.stdout.splitlines())) == (0, 0, 1)
    assert json.loads(plain.stdout) == json.loads(line.stdout) and "nodes" in json.loads(line.stdout)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(shell: str) -> None:
    done = penstock("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_PENSTOCK_COMPLETE={shell}_complete" in done.stdout


def test_a_script_for_the_shell_comes_as_json_too() -> None:
    told = json.loads(penstock("completion", "--json", "fish").stdout)
    assert told["shell"] == "fish" and told["script"] == penstock("completion", "fish").stdout.removesuffix("\n")


def _verbs(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _verbs(command, (*path, name))
        else:
            yield (*path, name), command


def test_every_verb_has_json_and_says_what_it_is_for() -> None:
    verbs = dict(_verbs(cli))
    assert len(verbs) >= 18 and ("cluster", "start") in verbs
    without = [verb for verb, command in verbs.items() if not any("--json" in p.opts for p in command.params)]
    assert without == []
    assert [verb for verb, command in verbs.items() if not command.help] == []


def test_an_unknown_shell_is_a_wrong_command_line() -> None:
    done = penstock("completion", "tcsh")
    assert done.returncode == 2
    assert "bash" in done.stderr


def test_the_shell_is_told_commands_and_no_errors_where_no_cluster_answers() -> None:
    asked = {"_PENSTOCK_COMPLETE": "bash_complete"}
    commands = penstock(**asked, COMP_WORDS="penstock c", COMP_CWORD="1")
    assert commands.stdout.splitlines() == [
        f"plain,{name}" for name in ("cancel", "checkpoint", "checkpoints", "completion", "cluster")
    ]
    jobs = penstock(**asked, COMP_WORDS="penstock metrics -m 127.0.0.1:9 ", COMP_CWORD="4")
    assert (jobs.stdout.strip(), jobs.stderr) == ("", "")
