"""The peer of memory_job.py: a dict with the same in it."""

from typing import Any

from memory_functions import arguments, into_dict, print_peak, record_of

if __name__ == "__main__":
    given = arguments()
    state: dict[str, Any] = {}
    record = record_of(given.keys)
    for n in range(2 * given.keys):
        into_dict(given.kind, state, record(n))
    print_peak()
