"""Publishes what a checkpoint has made final: a repetition changes nothing."""

import os
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.datastream.connectors.file_system.compacting import CompactRequest
from penstock.datastream.connectors.file_system.part_file import ObsoleteFile, PendingFile, sync_folder

if TYPE_CHECKING:
    from penstock.datastream.connectors.file_system.file_sink import FileSink


def commit_all(sink: "FileSink", committables: Sequence[PendingFile | ObsoleteFile | CompactRequest]) -> None:
    """In their order; compactions behind, several at a time where the strategy says so."""
    requests = []
    for committable in committables:
        if isinstance(committable, CompactRequest):
            requests.append(committable)
        else:
            committable.commit()
    threads = 1 if sink.compaction is None else sink.compaction.strategy.num_compact_threads
    if threads == 1 or len(requests) < 2:
        for request in requests:
            compact(sink, request)
        return
    with ThreadPoolExecutor(threads, "file-compaction") as pool:
        list(pool.map(lambda request: compact(sink, request), requests))


def compact(sink: "FileSink", request: CompactRequest) -> None:
    """The compacted file, and none of its parts any more. OSError where a part is gone before."""
    final, parts = request.final, [Path(f.in_progress) for f in request.files]
    if not final.exists():
        if sink.compaction is None:
            # compaction was disabled since: as they are
            for file in request.files:
                file.commit()
            return
        for file, path in zip(request.files, parts, strict=True):
            if not path.exists():
                raise FileNotFoundError(f"cannot publish {final}: {path}, a part of it, is gone")
            if path.stat().st_size < file.length:
                raise OSError(f"cannot publish {final}: {path} has {path.stat().st_size} of its {file.length} bytes")
        # a name of its own for each that tries: two of them do not write into one file
        hidden = final.with_name(f".{final.name}.compacting.{uuid.uuid4()}")
        try:
            with hidden.open("xb") as target:
                sink.compaction.compactor.compact(parts, target, sink)
                target.flush()
                os.fsync(target.fileno())
            hidden.rename(final)
        finally:
            hidden.unlink(missing_ok=True)
        sync_folder(final.parent)
    for path in parts:
        path.unlink(missing_ok=True)
