"""Files of one backend, read by another."""

from collections.abc import Iterator, Mapping

from penstock.checkpoint.handles import StateMeta
from penstock.state.snapshot import NativeFiles


def portable(native: NativeFiles, states: Mapping[str, StateMeta]) -> Iterator[tuple[int, bytes]]:
    """(key group, its state), in the portable form. ValueError for a backend that is not known here."""
    if native.backend != "rocksdb":
        raise ValueError(f"the checkpoint has files of the state backend {native.backend!r}, which this version lacks")
    from penstock.state.rocksdb.reader import read_native

    return read_native(native, states)
