"""The schema itself, its page, and the list of Flink's keys."""

from pathlib import Path

import pytest

from penstock.client.config import documentation
from penstock.client.config.known_keys import nearest, standing
from penstock.client.config.options import ALL, BY_OLD_KEY

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_every_default_is_a_value_of_its_type() -> None:
    for option in ALL.values():
        if option.default is not None:
            option.parse(option.default)


def test_every_key_is_documented_once() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == documentation.render(), "docs/configuration.md is out of date: make docs"
    assert all(page.count(f"| `{key}` |") == 1 for key in ALL)


def test_keys_that_are_not_flinks_are_ours() -> None:
    """A key without our prefix must be one of Flink's: `standing` would call it unknown if it were not declared."""
    from penstock.client.config.known_keys import _flink_keys

    names, patterns = _flink_keys()
    others = [key for key in (*ALL, *BY_OLD_KEY) if not key.startswith("penstock.") and key not in names]
    assert [key for key in others if not any(pattern.fullmatch(key) for pattern in patterns)] == []


def test_a_deviation_from_flinks_default_is_stated() -> None:
    assert {key for key, option in ALL.items() if option.flink_default} >= {"heartbeat.timeout", "heartbeat.interval"}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("rest.port", "effective"),
        ("web.port", "effective"),
        ("kubernetes.cluster-id", "no effect"),
        ("metrics.reporter.x.interval", "no effect"),
        ("s3.access-key", "effective"),
        ("s3.entropy.key", "no effect"),
        ("rest.ports", "unknown"),
        ("penstock.nothing", "unknown"),
        ("mine", "user"),
        ("mine.rest.port", "user"),
    ],
)
def test_standing(key: str, expected: str) -> None:
    assert standing(key) == expected


def test_the_nearest_key_ignores_case() -> None:
    assert nearest("taskmanager.numberoftaskslots") == "taskmanager.numberOfTaskSlots"
