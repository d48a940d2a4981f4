"""Exit status and what is said, for command lines that need no cluster."""

import subprocess
import sys
from pathlib import Path

import pytest

from penstock.client.cli import main


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PENSTOCK_PROPERTIES", raising=False)
    monkeypatch.delenv("PENSTOCK_CONF_DIR", raising=False)
    return tmp_path


def penstock(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.mark.parametrize(
    ("line", "status", "says"),
    [
        ("run", 2, "Missing argument 'PROGRAM'"),
        ("run --mistyped job.py", 2, "No such option '--mistyped'"),
        ("frobnicate", 2, "No such command 'frobnicate'"),
        ("run -p 0 job.py", 2, "0 is not in the range x>=1"),
        ("run nowhere.py", 1, "nowhere.py does not exist"),
        ("run -d nowhere.py", 1, "-d needs a cluster"),
        ("run -D rest.prot=1 job.py", 1, "no key rest.prot; the nearest is rest.port"),
        ("run -D rest.port=x job.py", 1, "'x' is not a value of type Integer"),
        ("run -D parallelism.default=0 job.py", 1, "parallelism.default: '0' is not a value of type Integer: expected"),
        ("run -D pipeline.max-parallelism=40000 job.py", 1, "expected from 1 to 32768, or -1"),
        ("run -D rest.port=99999 job.py", 1, "expected from 0 to 65535"),
        ("run -m not/an/address job.py", 1, "expected HOST:PORT"),
        ("cancel 123", 1, "'123' is no job id"),
        ("cancel", 2, "Missing argument 'JOB'"),
        ("cancel -s", 2, "Missing argument 'JOB'"),
        ("savepoint", 2, "Missing argument 'JOB'"),
        ("savepoint 123", 1, "'123' is no job id"),
        ("savepoint -d /s 123", 2, "-d PATH removes a savepoint and takes no JOB"),
        ("savepoint 123 --type zip", 2, "'zip' is not one of 'canonical', 'native'"),
        ("checkpoint 123", 1, "'123' is no job id"),
        ("checkpoints 123", 1, "'123' is no job id"),
        ("stop 123", 1, "'123' is no job id"),
        ("rescale 123 2", 1, "'123' is no job id"),
        ("rescale 0123456789abcdef0123456789abcdef none", 2, "'none' is not a valid integer range"),
        ("rescale 0123456789abcdef0123456789abcdef 0", 2, "0 is not in the range x>=1"),
        ("run -cm CLAIM job.py", 2, "Invalid value for '-cm'"),
        ("cluster status", 1, "no cluster was ever started in"),
        ("cluster stop --dir elsewhere", 1, "no cluster was ever started in"),
    ],
)
def test_wrong_command_lines(capsys: pytest.CaptureFixture[str], line: str, status: int, says: str) -> None:
    code, out, err = penstock(capsys, *line.split())
    assert (code, out) == (status, "")
    assert says in err.replace("\n       ", "; ") and err.startswith("error: ")
    assert len(err.splitlines()) <= 2 and "Traceback" not in err
    if "nowhere.py does not" in says or "was ever started" in says:
        assert len(err.splitlines()) == 2
    if status == 2:
        assert err.splitlines()[1].endswith(" --help` shows what it takes")


def test_an_unreachable_cluster_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = penstock(
        capsys, "list", "-m", "127.0.0.1:1", "-D", "rest.retry.max-attempts=1", "-D", "rest.retry.delay=1 ms"
    )
    assert code == 1
    assert "127.0.0.1:1" in err.splitlines()[0] and "is the cluster up" in err.splitlines()[1]
    assert len(err.splitlines()) == 2


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = penstock(capsys, "--debug", "cluster", "status")
    assert "Traceback" in err and "no cluster was ever started" in err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert penstock(capsys, "--version")[1].startswith("penstock 0.")


def test_a_program_without_a_job(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("print('hello', __name__)\n")
    code, out, err = penstock(capsys, "run", "job.py")
    assert (code, out) == (1, "hello __main__\n")
    assert "job.py started no job" in err


def test_a_program_with_a_syntax_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("x = 1\ny = = 2\n")
    code, _, err = penstock(capsys, "run", "job.py")
    assert code == 1
    assert 'job.py", line 2' in err and "SyntaxError" in err and "main.py" not in err
    assert err.splitlines()[-1] == "error: job.py is not valid Python"


def test_a_program_that_raises_shows_its_own_line_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("def f():\n    raise RuntimeError('mine')\nf()\n")
    code, _, err = penstock(capsys, "run", "job.py")
    assert code == 1
    lines = err.splitlines()
    assert lines[0].startswith("Traceback") and 'job.py", line 3' in lines[1]
    assert lines[-1] == "error: job.py raised RuntimeError"


@pytest.mark.parametrize(("code", "status"), [("3", 3), ("'gone'", 1)])
def test_a_program_that_exits(capsys: pytest.CaptureFixture[str], tmp_path: Path, code: str, status: int) -> None:
    (tmp_path / "job.py").write_text(f"import sys\nsys.exit({code})\n")
    assert penstock(capsys, "run", "job.py")[0] == status


def test_the_program_gets_its_arguments(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("import sys\nprint(sys.argv[1:])\nsys.exit(5)\n")
    code, out, _ = penstock(capsys, "run", "-D", "my.key=1", "job.py", "-p", "--x", "-D")
    assert (code, out) == (5, "['-p', '--x', '-D']\n")


@pytest.mark.parametrize(
    ("options", "path", "ignore"),
    [
        ("-s sp -n", "{here}/sp", "true"),
        ("--fromSavepoint file:///s/sp --allowNonRestoredState", "file:///s/sp", "true"),
        ("-s s3://bucket/sp -cm no_claim", "s3://bucket/sp", None),
        ("-D execution.savepoint.path=/s/old", "/s/old", None),
        ("", None, None),
    ],
)
def test_a_program_starts_from_a_savepoint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, options: str, path: str | None, ignore: str | None
) -> None:
    script = """
import sys
from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing
from penstock.client.context import current
given = Configuration(current.get().configuration)
ignored = given.get("execution.state-recovery.ignore-unclaimed-state")
print(given.find(checkpointing.RECOVERY_PATH), ignored, sys.argv[1:])
sys.exit(5)
"""
    (tmp_path / "job.py").write_text(script)
    code, out, err = penstock(capsys, "run", *options.split(), "job.py", "-s")
    expected = None if path is None else path.format(here=tmp_path)
    assert (code, out) == (5, f"{expected} {ignore} ['-s']\n"), err


def test_a_key_without_effect_is_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = penstock(capsys, "run", "-D", "yarn.application.name=x", "nowhere.py")
    assert err.splitlines()[0] == "warning: no effect here: yarn.application.name"


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom penstock.client.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('redis', 'httpx', 'rich.console', 'celery', 'yaml', 'msgspec') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
