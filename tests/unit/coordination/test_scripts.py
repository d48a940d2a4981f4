"""The Lua scripts are packaged and say what they take."""

import re
from importlib.resources import files

import pytest

from penstock.coordination.scripts import source

NAMES = sorted(path.name.removesuffix(".lua") for path in (files("penstock.coordination") / "lua").iterdir())


def test_there_are_scripts() -> None:
    assert {"acquire", "renew", "release", "commit", "claim", "submit"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_head_names_every_key_and_argument(name: str) -> None:
    text = source(name)
    head = "\n".join(line for line in text.splitlines() if line.startswith("--"))
    assert "-- KEYS " in head
    assert "-- Returns " in head
    for kind in ("KEYS", "ARGV"):
        used = {int(number) for number in re.findall(rf"{kind}\[(\d+)\]", text)}
        listed = re.search(rf"-- {kind} (.*(?:\n--   .*)*)", head)
        assert listed or not used, f"{kind} are not listed"
        for number in used:
            assert listed
            assert re.search(rf"(^|\s){number}[ …]", listed[1]), f"{kind}[{number}] is not listed"


def test_a_script_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        source("nothing")
