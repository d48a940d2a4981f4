"""Flink's own command line, out of the wheel of apache-flink. It needs Java 17.

    python3 -m venv .venvs/pyflink
    .venvs/pyflink/bin/pip install --no-deps 'apache-flink==2.3.*' 'apache-flink-libraries==2.3.*'

or FLINK_HOME at any installation of Flink 2.3.
"""

import os
import shutil
import subprocess
from pathlib import Path

_ROOT = Path(__file__).parents[3]


def flink_home() -> Path | None:
    """A folder with `bin/flink`, None where there is none."""
    named = os.environ.get("FLINK_HOME")
    places = [Path(named)] if named else sorted((_ROOT / ".venvs/pyflink").glob("lib/python3*/site-packages/pyflink"))
    return next((place for place in places if (place / "bin/flink").is_file()), None)


def what_is_missing() -> str | None:
    """Why the command line cannot be run here, None where it can."""
    if shutil.which("java") is None:
        return "no Java: Flink's command line needs Java 17"
    version = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr.partition('"')[2]
    if int(version.partition(".")[0] or 0) < 17:
        return f"Java {version.partition(chr(34))[0]} is too old: Flink's command line needs 17"
    return None if flink_home() else f"no wheel of apache-flink: {__doc__.partition(chr(10))[2].strip()}"


class FlinkCli:
    """`bin/flink` against one dispatcher. `folder`: for its configuration and logs; `headers`: `Name:value` lines."""

    def __init__(self, address: str, folder: Path, headers: str = "") -> None:
        home = flink_home()
        assert home is not None
        self._executable, self._address, self._folder = home / "bin/flink", address, folder
        conf = folder / "flink-conf"
        conf.mkdir()
        (conf / "config.yaml").write_text("rest:\n  retry:\n    max-attempts: 2\n    delay: 100 ms\n")
        names = {k: v for k, v in os.environ.items() if k not in ("FLINK_HOME", "PYTHONPATH")}
        self._env = {**names, "FLINK_HOME": str(home), "FLINK_CONF_DIR": str(conf), "FLINK_LOG_DIR": str(folder)}
        self._env |= {"FLINK_REST_CLIENT_HEADERS": headers} if headers else {}

    def __call__(self, command: str, *args: str) -> "subprocess.CompletedProcess[str]":
        line = ["bash", str(self._executable), command, "-m", self._address, *args]
        return subprocess.run(
            line, capture_output=True, text=True, timeout=110, env=self._env, cwd=self._folder, check=False
        )
