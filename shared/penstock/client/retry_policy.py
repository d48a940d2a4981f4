"""How long a REST client keeps trying: `rest.retry.*`, with short waits first."""

from collections.abc import Iterator
from dataclasses import dataclass

from penstock.client.config import Configuration, rest

_FIRST_DELAY = 0.1  #: seconds
#: seconds to go on for with a cluster that has answered before: it is restarting, not mistyped (Flink: 20 x 3 s)
_KNOWN_CLUSTER = 60.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds: `unknown` and `known` bound the tries before and after the first answer; waits double up to `delay`."""

    unknown: float = 10.0
    known: float = _KNOWN_CLUSTER
    delay: float = 0.5

    @classmethod
    def of(cls, configuration: Configuration) -> "RetryPolicy":
        """From `rest.retry.max-attempts` x `rest.retry.delay`; where one of them is set, it holds for both bounds."""
        delay = configuration.get(rest.RETRY_DELAY).total_seconds()
        budget = configuration.get(rest.RETRY_ATTEMPTS) * delay
        chosen = configuration.is_set(rest.RETRY_ATTEMPTS) or configuration.is_set(rest.RETRY_DELAY)
        return cls(budget, budget if chosen else max(budget, _KNOWN_CLUSTER), delay)

    def waits(self, contacted: bool) -> Iterator[float]:
        """The pauses (seconds) between the passes over all addresses; exhausted: give up."""
        budget = self.known if contacted else self.unknown
        wait = min(_FIRST_DELAY, self.delay)
        while budget > 0 and wait > 0:
            yield min(wait, budget)
            budget -= wait
            wait = min(wait * 2, self.delay)
