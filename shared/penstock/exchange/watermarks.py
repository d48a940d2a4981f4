"""One watermark out of many channels, as Flink's `StatusWatermarkValve` merges them."""

from collections.abc import Iterable, Mapping

from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.exchange.events import StatusEvent, WatermarkEvent


class WatermarkMerger:
    """The minimum over the active channels, never falling. A channel that was idle and lags behind it is left out
    until it has caught up; when the last channel falls idle, the maximum counts, for nobody is waited for any more."""

    def __init__(self, channels: Iterable[int]) -> None:
        self.watermarks: dict[int, int] = dict.fromkeys(channels, MIN_TIMESTAMP)
        self.idle: set[int] = set()
        self.lagging: set[int] = set()
        self.combined = MIN_TIMESTAMP

    @property
    def active(self) -> bool:
        """Whether a channel is active, or all have ended (which is not idleness)."""
        return len(self.idle) < len(self.watermarks) or not self.watermarks

    def advance(self, channel: int, timestamp: int) -> WatermarkEvent | None:
        """A channel's watermark; valid at any later position, so an old one changes nothing."""
        if timestamp <= self.watermarks.get(channel, timestamp):
            return None
        was = self.watermarks[channel]
        self.watermarks[channel] = timestamp
        if channel in self.lagging and timestamp >= self.combined:
            self.lagging.discard(channel)
        elif was > self.combined:
            return None  # it was not what held the minimum back
        return self._rise()

    def set_status(self, channel: int, active: bool) -> list[WatermarkEvent | StatusEvent]:
        """A channel fell idle or became active again."""
        if channel not in self.watermarks or (channel not in self.idle) == active:
            return []
        if active:
            was_idle = not self.active
            self.idle.discard(channel)
            if self.watermarks[channel] < self.combined:
                self.lagging.add(channel)
            return [StatusEvent(True)] if was_idle else []
        self.idle.add(channel)
        self.lagging.discard(channel)
        return self._after_leaving(True)

    def end(self, channel: int) -> list[WatermarkEvent | StatusEvent]:
        """The channel ended: it holds nothing back any more."""
        was_active = self.active
        if self.watermarks.pop(channel, None) is None:
            return []
        self.idle.discard(channel)
        self.lagging.discard(channel)
        return self._after_leaving(was_active) if self.watermarks else []

    def restore(self, watermarks: Mapping[int, int], idle: Iterable[int], combined: int) -> None:
        """What a snapshot knows of these channels."""
        self.watermarks = {c: watermarks[c] for c in self.watermarks if c in watermarks}
        self.idle = {c for c in idle if c in self.watermarks}
        self.combined = combined
        self.lagging = {c for c, w in self.watermarks.items() if w < combined} - self.idle

    def _after_leaving(self, was_active: bool) -> list[WatermarkEvent | StatusEvent]:
        events: list[WatermarkEvent | StatusEvent] = []
        risen = self._rise() if self.active else self._rise_to(max(self.watermarks.values()))
        if risen:
            events.append(risen)
        if was_active and not self.active:
            events.append(StatusEvent(False))
        return events

    def _rise(self) -> WatermarkEvent | None:
        out = self.idle | self.lagging if self.lagging else self.idle
        if out:
            counting = [w for c, w in self.watermarks.items() if c not in out]
            return self._rise_to(min(counting)) if counting else None
        return self._rise_to(min(self.watermarks.values()))

    def _rise_to(self, timestamp: int) -> WatermarkEvent | None:
        if timestamp <= self.combined:
            return None
        self.combined = timestamp
        return WatermarkEvent(timestamp)
