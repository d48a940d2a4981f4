"""A workload on Bytewax, in its own venv: with its operators as a user writes them, or (`--batch`) its batch API."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bid_functions
import bytewax.operators as op
import bytewax.operators.windowing as windowing
import other_word_functions
import word_functions
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import cluster_main
from tally import leave_summary, new_tally

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TallySink(DynamicSink):
    def __init__(self, workload: str, folder: str) -> None:
        self._workload, self._folder = workload, folder

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "TallyPartition":
        return TallyPartition(self._workload, self._folder, worker_index)


class TallyPartition(StatelessSinkPartition):
    def __init__(self, workload: str, folder: str, worker: int) -> None:
        self._tally, self._folder, self._worker = new_tally(workload), folder, worker

    def write_batch(self, items: Any) -> None:
        self._tally.write(items)

    def close(self) -> None:
        leave_summary(self._folder, str(self._worker), self._tally.summary())


def running_counts(lines: Any, functions: Any) -> Any:
    add = functions.add

    def mapper(state: Any, record: Any) -> Any:
        value = record if state is None else add(state, record)
        return value, value

    pairs = op.map("pair", op.flat_map("split", lines, functions.split), functions.pair)
    counts = op.stateful_map("add", op.key_on("key", pairs, functions.key), mapper)
    return op.map("values", counts, lambda kv: kv[1])


def running_counts_batched(lines: Any, functions: Any) -> Any:
    split, pair, key, add = functions.split, functions.pair, functions.key, functions.add

    class Adding(StatefulBatchLogic):
        def __init__(self, state: Any) -> None:
            self._state = state

        def on_batch(self, values: Any) -> Any:
            out, state = [], self._state
            for record in values:
                state = record if state is None else add(state, record)
                out.append(state)
            self._state = state
            return out, False

        def snapshot(self) -> Any:
            return self._state

    def keyed(batch: Any) -> Any:
        return [(key(record), record) for line in batch for record in map(pair, split(line))]

    counts = op.stateful_batch("add", op.flat_map_batch("words", lines, keyed), Adding)
    return op.flat_map_batch("values", counts, lambda batch: [value for _, value in batch])


def projected(lines: Any) -> Any:
    wanted = op.filter("wanted", op.map("parse", lines, bid_functions.parse), bid_functions.is_wanted)
    return op.map("project", wanted, bid_functions.project)


def projected_batched(lines: Any) -> Any:
    parse, is_wanted, project = bid_functions.parse, bid_functions.is_wanted, bid_functions.project
    return op.flat_map_batch("project", lines, lambda batch: map(project, filter(is_wanted, map(parse, batch))))


def window_counts(lines: Any) -> Any:
    size = bid_functions.WINDOW
    clock = windowing.EventClock(
        lambda record: _EPOCH + timedelta(milliseconds=bid_functions.time_of(record)), timedelta(minutes=1)
    )
    windower = windowing.TumblingWindower(timedelta(milliseconds=size), _EPOCH)
    events = op.map("event", lines, bid_functions.event)
    counts = windowing.count_window("count", events, clock, windower, lambda record: str(bid_functions.auction(record)))
    return op.map("label", counts.down, lambda kv: (int(kv[0]), kv[1][0] * size, kv[1][1]))


def flow_of(workload: str, batch: bool, file: Path, folder: str) -> Dataflow:
    flow = Dataflow("benchmark")
    lines = op.input("lines", flow, FileSource(file, batch_size=1000))
    if workload == "json":
        results = (projected_batched if batch else projected)(lines)
    elif workload == "window":
        results = window_counts(lines)
    else:
        functions = word_functions if workload == "words" else other_word_functions
        results = (running_counts_batched if batch else running_counts)(lines, functions)
    op.output("out", results, TallySink(workload, folder))
    return flow


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workload", required=True)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--batch", action="store_true")
    arguments = parser.parse_args()
    flow = flow_of(arguments.workload, arguments.batch, arguments.input, arguments.output)
    cluster_main(flow, [], 0, worker_count_per_proc=1)
