"""Wire taps over Redis. Bounds are those of docs/tap.md."""

from collections.abc import Iterable, Sequence

import redis

from penstock.coordination.events import successor
from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode, encode
from penstock.coordination.scripts import Argument, Script
from penstock.coordination.tap_rows import TapLease, TappedBatch, TapReport, TapSubtask, TapView
from penstock.security.keyring import UNSIGNED, Keyring

#: ms that a point is sampled after a viewer's last call
LEASE_MS = 5000
#: ms that records stay readable
RECORDS_MS = 30_000
#: batches of a point that are kept; leases of a job
MOST_BATCHES, MOST_LEASES = 256, 32
#: entries of the wake stream
WAKE_LENGTH = 16


class RedisTaps:
    """See `parts.Taps`."""

    def __init__(self, client: redis.Redis, keys: Keys, keyring: Keyring = UNSIGNED) -> None:
        self._keys, self._keyring = keys, keyring
        self._view, self._publish = Script(client, "tap_view"), Script(client, "tap_publish")

    def view(self, job: str, lease: TapLease, after: str = "") -> TapView | None:
        keys = self._keys
        # slots read it beside their commands, and open what they read
        wake = self._keyring.seal("message", keys.tap_wake(job), lease.member.encode())
        found = self._view(
            [
                keys.taps(job),
                keys.tap_wake(job),
                keys.tapped(job, lease.vertex, lease.point),
                keys.tap_subtasks(job, lease.vertex, lease.point),
            ],
            [lease.member, LEASE_MS, MOST_LEASES, successor(after) if after else "", MOST_BATCHES, wake],
        )
        if found == 0:
            return None
        subtasks, entries = found
        batches = [(i.decode(), decode(b, TappedBatch)) for i, b in zip(entries[::2], entries[1::2], strict=True)]
        return TapView(tuple(batches), sorted_subtasks(decode(row, TapSubtask) for row in subtasks[1::2]))

    def publish(self, job: str, reports: Sequence[TapReport] = ()) -> list[TapLease]:
        names = [self._keys.taps(job)]
        arguments: list[Argument] = [RECORDS_MS, LEASE_MS, MOST_BATCHES]
        for report in reports:
            names.append(self._keys.tapped(job, report.vertex, report.point))
            names.append(self._keys.tap_subtasks(job, report.vertex, report.point))
            batch = encode(report.batch) if report.records else b""
            arguments += [report.state.subtask, encode(report.state), batch]
        found = self._publish(names, arguments)
        return [TapLease.parse(m.decode(), int(left)) for m, left in zip(found[::2], found[1::2], strict=True)]


def sorted_subtasks(found: Iterable[TapSubtask]) -> tuple[TapSubtask, ...]:
    """By number."""
    return tuple(sorted(found, key=lambda row: row.subtask))
