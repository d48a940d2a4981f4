"""TaskManagers that are registered and beat, and that the ledger does not know. Pure.

A leader that dies between the commit that drops a TaskManager and the removal of its registration leaves one behind: to
itself it is a member, while nobody counts its slots. Removed, it kills its children and registers anew.
"""

from collections.abc import Mapping


class Strangers:
    """`patience`: seconds of one monotonic clock; before they are over, the registration's event may be unread."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: dict[tuple[str, str], float] = {}

    def observe(self, registered: Mapping[str, str], known: Mapping[str, str], now: float) -> dict[str, str]:
        """Those unknown for longer than the patience. Both arguments: TaskManager -> incarnation."""
        unknown = {(name, incarnation) for name, incarnation in registered.items() if name not in known}
        self._since = {who: self._since.get(who, now) for who in sorted(unknown)}
        return {name: incarnation for (name, incarnation), since in self._since.items() if now - since > self._patience}

    def restart(self) -> None:
        """Begin anew, after an outage."""
        self._since.clear()
