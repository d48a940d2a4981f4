"""Examples that run on PyFlink too: ours, and Flink's own where the wheel of apache-flink is at hand.

What both show there is in `expected_examples`: `python -m tests.differential.examples VENV/bin/python` records.
"""

import importlib.metadata
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.differential.outputs import shown
from tests.differential.record import sections

EXPECTED = Path(__file__).parent / "expected_examples"
#: the folder of the examples, or a Python whose environment has apache-flink
PLACE = "PYFLINK_EXAMPLES"
#: below pyflink/examples/datastream; the others are about the Table API or about connectors to other servers
NAMES = (
    "basic_operations",
    "event_time_timer",
    "process_json_data",
    "state_access",
    "windowing/session_with_dynamic_gap_window",
    "windowing/session_with_gap_window",
    "windowing/sliding_time_window",
    "windowing/tumbling_count_window",
    "windowing/tumbling_time_window",
    "word_count",
)


#: our examples that say `from pyflink…`
OURS = sorted((Path(__file__).parents[2] / "examples" / "pyflink").glob("*.py"))


def folder() -> Path | None:
    """Where the examples are: named by the environment, or in this one's apache-flink; None where nowhere."""
    named = os.environ.get(PLACE)
    if named:
        return Path(named)
    try:
        files = importlib.metadata.files("apache-flink") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    found = [f for f in files if f.as_posix().endswith("examples/datastream/word_count.py")]
    return Path(str(found[0].locate())).parent if found else None


def expected_path(name: str) -> Path:
    return EXPECTED / f"{name.rpartition('/')[2]}.txt"


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    python = arguments[0]
    asked = subprocess.run([python, "-c", "import pyflink; print(pyflink.__path__[0])"], capture_output=True, text=True)
    examples = Path(asked.stdout.strip()) / "examples" / "datastream"
    EXPECTED.mkdir(exist_ok=True)
    failed = []
    with tempfile.TemporaryDirectory(prefix="penstock-record-") as temporary:
        output = Path(temporary, "stdout")
        command = [python, str(Path(__file__).with_name("pyflink_worker.py")), "1", temporary]
        with output.open("wb") as stdout:
            subprocess.run(
                [*command, *(str(examples / f"{n}.py") for n in NAMES), *map(str, OURS)], stdout=stdout, check=True
            )
        for stem, (text, ok) in sections(output.read_text(encoding="utf-8")).items():
            if ok:
                lines = shown(text, Path(temporary) / stem / "out")
                expected_path(stem).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
            else:
                failed.append(stem)
    if failed:
        print(f"not recorded, for they raised: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
