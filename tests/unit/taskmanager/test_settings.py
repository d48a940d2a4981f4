"""What is refused at the start, and by which name."""

import pytest

from penstock.client.config import Configuration
from penstock_taskmanager.settings import Settings


def test_values_come_from_flinks_keys() -> None:
    settings = Settings.read(
        Configuration({"taskmanager.numberOfTaskSlots": "3", "taskmanager.resource-id": "tm7", "cluster.id": "c"})
    )
    assert (settings.slots, settings.taskmanager, settings.prefix, settings.queue) == (3, "tm7", "c", "taskmanager.tm7")


def test_default_id_is_unique() -> None:
    assert Settings.read(Configuration()).taskmanager != Settings.read(Configuration()).taskmanager


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"taskmanager.numberOfTaskSlots": "0"}, "taskmanager.numberOfTaskSlots: '0' .* expected at least 1"),
        ({"heartbeat.interval": "3 s"}, r"heartbeat.timeout \(2.5 s\) must exceed heartbeat.interval \(3.0 s\)"),
    ],
)
def test_impossible_values_are_named(entries: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings.read(Configuration(entries))
