"""A venv with one wheel and what it declares: no more than a stranger has after `pip install penstock`."""

import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def declared_distributions(name: str) -> dict[str, Distribution]:
    """Everything that `pip install name` brings along, without `name`; taken from the running environment."""
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        asked = waiting.pop()
        if asked in seen:
            continue
        seen.add(asked)
        found[canonicalize_name(asked[0])] = distribution(asked[0])
        for line in distribution(asked[0]).requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or any(requirement.marker.evaluate({"extra": e}) for e in asked[1] or {""}):
                waiting.append((requirement.name, frozenset(requirement.extras)))
    del found[canonicalize_name(name)]
    return found


def make_venv(folder: Path, wheel: Path) -> Path:
    """The Python of a new venv; its dependencies are links into the running environment: nothing is downloaded."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    for dependency in declared_distributions("penstock").values():
        tops = {file.parts[0] for file in dependency.files or () if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            (site / top).symlink_to(Path(str(dependency.locate_file(top))).resolve())
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "--python",
        python,
        "install",
    ]
    subprocess.run([*pip, "-q", "--no-deps", "--no-index", wheel], check=True)
    return python
