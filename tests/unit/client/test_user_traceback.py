"""Tracebacks from the cluster, in the user's own terms."""

from pathlib import Path

from penstock.client.user_traceback import localized

ELSEWHERE = """Traceback (most recent call last):
  File "{folder}/job.py", line 2, in divide
  File "/opt/penstock/chain.py", line 7, in process
    divide(1)
    ^^^^^^^^^
ZeroDivisionError: integer division or modulo by zero
"""


def write_job(folder: Path) -> None:
    (folder / "job.py").write_text("def divide(n):\n    return n // 0\n")


def test_lines_of_the_programs_files_are_filled_in(tmp_path: Path) -> None:
    write_job(tmp_path)
    told = localized(ELSEWHERE.format(folder=tmp_path), tmp_path).splitlines()
    assert told[1:4] == [
        f'  File "{tmp_path}/job.py", line 2, in divide',
        "    return n // 0",
        '  File "/opt/penstock/chain.py", line 7, in process',
    ]
    assert len(told) == len(ELSEWHERE.splitlines()) + 1


def test_a_program_that_was_sent_is_at_home_again(tmp_path: Path) -> None:
    write_job(tmp_path)
    sent = ELSEWHERE.format(folder="/var/tmp/penstock-program-x_1/program")
    assert localized(sent, tmp_path) == localized(ELSEWHERE.format(folder=tmp_path), tmp_path)


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    write_job(tmp_path)
    whole = localized(ELSEWHERE.format(folder=tmp_path), tmp_path)
    assert localized(whole, tmp_path) == whole
    other = ELSEWHERE.format(folder="/home/somebody")
    assert localized(other, tmp_path) == other
    missing = ELSEWHERE.format(folder=tmp_path / "gone")
    assert localized(missing, tmp_path) == missing
