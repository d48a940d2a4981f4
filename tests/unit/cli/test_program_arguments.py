"""Where our options end and the program's arguments begin."""

import pytest

from penstock.client.cli.program_arguments import protected

OWN = {"-m": True, "-d": False, "-p": True, "--parallelism": True, "-D": True, "-py": True, "--python": True}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("job.py --input x -p 3", "-- job.py --input x -p 3"),
        ("-m a:1 -d job.py -d", "-m a:1 -d -- job.py -d"),
        ("-p4 -Dk=v job.py", "-p4 -Dk=v -- job.py"),
        ("--parallelism=4 job.py", "--parallelism=4 -- job.py"),
        ("-D k=v -- job.py", "-D k=v -- job.py"),
        ("-py job.py --input x", "-py job.py -- --input x"),
        ("--python=job.py -p 2 x", "--python=job.py -p 2 -- x"),
        ("-py job.py -p 2 -- -p 3", "-py job.py -p 2 -- -p 3"),
        ("--mistyped job.py", "--mistyped job.py"),
        ("", ""),
    ],
)
def test_the_programs_arguments_are_its_own(line: str, expected: str) -> None:
    assert protected(line.split(), OWN) == expected.split()
