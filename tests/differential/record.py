"""`python -m tests.differential.record VENV/bin/python [NAME…]`: record what real PyFlink 2.3 shows of the programs.

Needs a venv with apache-flink 2.3 and Java 17. Two JVM starts, one for each parallelism. A program that raises is not
recorded, and named.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.differential.outputs import EXPECTED, PARALLELISMS, PROGRAMS, expected_path, names, shown
from tests.differential.pyflink_worker import BEGIN, END

#: what Apache Beam says when PyFlink first uses it
BEAMS = ("PYFLINK_CYTHON_ENABLED", "No module named google.cloud.bigquery_storage_v1", "Using Any for unsupported type")


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    python, chosen = arguments[0], arguments[1:] or names()
    EXPECTED.mkdir(exist_ok=True)
    failed = [name for parallelism in PARALLELISMS for name in record(python, chosen, parallelism)]
    if failed:
        print(f"not recorded, for they raised: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def record(python: str, chosen: list[str], parallelism: int) -> list[str]:
    """Run under PyFlink and write the expected files; the programs that raised."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="penstock-record-") as temporary:
        folder, output = Path(temporary), Path(temporary, "stdout")
        command = [python, str(Path(__file__).with_name("pyflink_worker.py")), str(parallelism), str(folder)]
        with output.open("wb") as stdout:
            subprocess.run([*command, *(str(PROGRAMS / f"{n}.py") for n in chosen)], stdout=stdout, check=True)
        for name, (text, ok) in sections(output.read_text(encoding="utf-8")).items():
            if not ok:
                failed.append(name)
                continue
            lines = shown(text, folder / name / "out")
            path, first = expected_path(name, parallelism), expected_path(name, PARALLELISMS[0])
            path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
            if path != first and path.read_bytes() == first.read_bytes():
                path.unlink()
    return failed


def sections(text: str) -> dict[str, tuple[str, bool]]:
    """Program -> (what it wrote, whether it came to its end)."""
    found: dict[str, tuple[str, bool]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(BEGIN):
            lines = []
        elif line.startswith(END):
            name, status = line.removeprefix(END).split()
            found[name] = "\n".join(lines), status == "ok"
        elif not line.startswith(BEAMS):
            lines.append(line)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
