"""examples/sensor_readings.py, run as a user runs it, on its real output."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[3] / "examples" / "sensor_readings.py"


def test_the_highest_readings_of_each_window() -> None:
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = [
        f"{sensor}: {max(15 + n * 7 % 10 for n in numbers)} degrees at "
        f"{100 * max(numbers, key=lambda n: (15 + n * 7 % 10, -n))}"
        for place, sensor in enumerate(("attic", "cellar", "hall"))
        for window in range(3)
        for numbers in [range(window * 30 + place, window * 30 + 30, 3)]
    ]
    assert sorted(done.stdout.splitlines()) == sorted(expected)
