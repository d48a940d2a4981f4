"""Wire taps of the twin."""

from collections.abc import Sequence

from penstock.coordination.keys import Keys
from penstock.coordination.memory.keyspace import Keyspace, format_id, parse_id
from penstock.coordination.messages import decode, encode
from penstock.coordination.tap_rows import TapLease, TappedBatch, TapReport, TapSubtask, TapView
from penstock.coordination.taps import LEASE_MS, MOST_BATCHES, MOST_LEASES, RECORDS_MS, WAKE_LENGTH, sorted_subtasks


class MemoryTaps:
    """See `parts.Taps`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def view(self, job: str, lease: TapLease, after: str = "") -> TapView | None:
        keys = self._keys
        records = keys.tapped(job, lease.vertex, lease.point)
        with self._space as space:
            leases, now = self._leases(job), space.now_ms()
            is_new = lease.member not in leases
            if is_new and len(leases) >= MOST_LEASES:
                return None
            leases[lease.member] = now + LEASE_MS
            rows = space.hashes.get(keys.tap_subtasks(job, lease.vertex, lease.point), {})
            timed = [row.partition(b" ") for row in rows.values()]
            subtasks = sorted_subtasks(decode(row, TapSubtask) for time, _, row in timed if int(time) + LEASE_MS > now)
            if is_new or not subtasks:
                space.append(keys.tap_wake(job), lease.member.encode(), WAKE_LENGTH)
            space.collect(records)
            entries = space.streams.get(records, [])[-MOST_BATCHES:]
            behind = parse_id(after) if after else (-1, 0)
            return TapView(tuple((format_id(i), decode(b, TappedBatch)) for i, b in entries if i > behind), subtasks)

    def publish(self, job: str, reports: Sequence[TapReport] = ()) -> list[TapLease]:
        keys = self._keys
        with self._space as space:
            now = space.now_ms()
            for report in reports:
                field = str(report.state.subtask)
                row = b"%d %s" % (now, encode(report.state))
                space.hash(keys.tap_subtasks(job, report.vertex, report.point))[field] = row
                if report.records:
                    records = keys.tapped(job, report.vertex, report.point)
                    space.collect(records)
                    space.append(records, encode(report.batch), MOST_BATCHES)
                    space.expire(records, RECORDS_MS)
            return [TapLease.parse(member, ends - now) for member, ends in sorted(self._leases(job).items())]

    def _leases(self, job: str) -> dict[str, int]:
        leases, now = self._space.scores.setdefault(self._keys.taps(job), {}), self._space.now_ms()
        for member in [m for m, ends in leases.items() if ends <= now]:
            del leases[member]
        return leases
