"""How tests are spread over the workers of pytest-xdist (`-n`), and in what order they run.

What shares something costly stays in one worker: a stack of containers, a browser with its cluster, else the tests of
one file. Layers that take longest come first, so that the workers end at about the same time.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

#: longest first; containers are mostly waited for, and so are the paced programs of the differential tests
LAYERS = ("compose", "differential", "browser", "chaos", "integration", "contract", "unit")
#: layers that share one stack or one browser
TOGETHER = ("compose", "browser")


def layer_of(nodeid: str) -> str:
    """The folder of `tests` that it is in; empty for a test that is elsewhere."""
    return nodeid.removeprefix("tests/").partition("/")[0] if nodeid.startswith("tests/") else ""


def group_of(nodeid: str) -> str:
    """What one worker runs, and no other: a whole layer, or a file."""
    layer = layer_of(nodeid)
    return layer if layer in TOGETHER else nodeid.partition("::")[0]


def place_of(nodeid: str) -> int:
    """Lower ones run first; what is in no layer runs last."""
    layer = layer_of(nodeid)
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)


class GroupScheduling(LoadScopeScheduling):
    """Groups in the order they were collected in; a worker that has nothing more to do takes the next."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling | None:
    if config.getoption("dist") != "load":
        return None  # a --dist of the caller's own
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)
