"""The words of restart strategies are Flink 2.3's (recorded from its RestartStrategyDescriptionUtils)."""

import pytest

from penstock.client.config import Configuration
from penstock_dispatcher.restart_description import restart_strategy

EXPONENTIAL = (
    "Restart with exponential delay: starting at PT0.1S, increasing by 1.500000, with maximum PT1M. "
    "Delay resets after PT1H with jitter 0.100000"
)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "Restart deactivated."),
        ({"restart-strategy.type": "none", "execution.checkpointing.interval": "1 s"}, "Restart deactivated."),
        ({"restart-strategy": "off"}, "Restart deactivated."),
        ({"execution.checkpointing.interval": "1 s"}, EXPONENTIAL),
        ({"restart-strategy.type": "exponential-delay"}, EXPONENTIAL),
        (
            {
                "restart-strategy.type": "exponential-delay",
                "restart-strategy.exponential-delay.initial-backoff": "1500 ms",
            },
            EXPONENTIAL.replace("PT0.1S", "PT1.5S"),
        ),
        ({"restart-strategy.type": "fixed-delay"}, "Restart with fixed delay (PT1S). #1 restart attempts."),
        (
            {
                "restart-strategy.type": "fixed-delay",
                "restart-strategy.fixed-delay.attempts": "3",
                "restart-strategy.fixed-delay.delay": "90 s",
            },
            "Restart with fixed delay (PT1M30S). #3 restart attempts.",
        ),
        (
            {"restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.delay": "0 ms"},
            "Restart with fixed delay (PT0S). #1 restart attempts.",
        ),
        (
            {"restart-strategy.type": "failure-rate"},
            "Failure rate restart with maximum of 1 failures within interval PT1M and fixed delay PT1S.",
        ),
    ],
)
def test_description(settings: dict[str, str], text: str) -> None:
    assert restart_strategy(Configuration(settings)) == text
