"""How much a tap may look at."""

from dataclasses import dataclass

from penstock.client.config import Configuration
from penstock.client.config.options import tap


@dataclass(frozen=True, slots=True)
class TapSettings:
    """`rate`: records a second of a point; `longest`: characters of a record's text."""

    rate: float = 50.0
    longest: int = 1000

    @staticmethod
    def of(configuration: Configuration) -> "TapSettings":
        return TapSettings(float(configuration.get(tap.RECORDS_PER_SECOND)), configuration.get(tap.MAX_RECORD_LENGTH))
