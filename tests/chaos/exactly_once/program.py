"""The job whose every output record is known: numbered records, running totals, windows, a join, two kinds of sink.

`program.py SETTINGS.json`. Settings: `count` records a side, `rate` records a second and side, `keys`, `splits`,
`interval` (ms, of checkpoints), `out` (folder), `raises` (numbers at which user code raises, once each), `marks` (a
folder that remembers which have raised), `backend`, `redis` (URL; "" for no Redis sink), `stream` (its key),
`unaligned` (ms that a checkpoint may stay aligned; None: all are aligned), `slow` (ms for each record of a sink),
`failover` (strategy, where it is not the default), `declares` (whether its functions are deterministic), `delay` (of a
restart).
"""

import heapq
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.common import Configuration, Encoder, SimpleStringSchema, Time, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import (
    KeyedProcessFunction,
    MapFunction,
    ProcessWindowFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
    TimeWindow,
)
from penstock.datastream.connectors.base import DeliveryGuarantee
from penstock.datastream.connectors.file_system import BucketAssigner, FileSink
from penstock.datastream.connectors.redis import RedisStreamsSink
from penstock.datastream.functions import KeyedCoProcessFunction
from penstock.datastream.state import MapStateDescriptor, ValueStateDescriptor
from penstock.datastream.window import EventTimeSessionWindows, TumblingEventTimeWindows
from penstock.operators.specs import ReaderContext

Record = tuple[int, int, int]  #: number, key, timestamp (ms)


def record(number: int, keys: int) -> Record:
    """Bursts of 50 records, 10 ms apart, with a pause between two that only some keys' sessions outlive."""
    return number, number * 7 % keys, number * 10 + number // 50 * 600


@dataclass(slots=True)
class Numbers:
    """All records of a side. A split has the keys with the same rest, so that each key's records keep their order."""

    count: int
    rate: float
    keys: int
    splits: int
    bounded: bool = True

    def enumerate_splits(self, parallelism: int) -> list[tuple[int, int]]:
        return [(split, 0) for split in range(self.splits)]

    def create_reader(self, context: ReaderContext) -> "NumbersReader":
        return NumbersReader(self)


class NumbersReader:
    """Merges its splits by number, so that timestamps rise whatever splits it has. A split is (rest, next number)."""

    def __init__(self, source: Numbers) -> None:
        self._source = source
        self._heap: list[tuple[int, int]] = []
        self._begun = time.monotonic()
        self._given = 0

    def add_splits(self, splits: Sequence[tuple[int, int]]) -> None:
        for split, at in splits:
            self._push(split, at)

    def _push(self, split: int, at: int) -> None:
        source = self._source
        while at < source.count and record(at, source.keys)[1] % source.splits != split:
            at += 1
        heapq.heappush(self._heap, (at, split))

    def poll(self, max_records: int) -> list[Record] | None:
        source = self._source
        share = len(self._heap) / source.splits
        due = int((time.monotonic() - self._begun) * source.rate * share) - self._given
        found: list[Record] = []
        while len(found) < min(due, max_records) and self._heap[0][0] < source.count:
            at, split = heapq.heappop(self._heap)
            found.append(record(at, source.keys))
            self._push(split, at + 1)
        self._given += len(found)
        return found if found or (self._heap and self._heap[0][0] < source.count) else None

    def snapshot(self) -> list[tuple[int, int]]:
        return [(split, at) for at, split in self._heap]

    def close(self) -> None: ...


class RecordTime(TimestampAssigner):
    def extract_timestamp(self, value: Record, record_timestamp: int) -> int:
        return value[2]


class Fragile(MapFunction):
    """Raises at some numbers, at each of them once in the life of the job."""

    def __init__(self, where: str, numbers: Iterable[int], marks: str) -> None:
        self._where, self._numbers, self._marks = where, frozenset(numbers), marks

    def map(self, value: Record) -> Record:
        if value[0] in self._numbers:
            try:
                os.close(os.open(f"{self._marks}/{self._where}-{value[0]}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return value
            raise ValueError(f"user code does not like {value[0]}")
        return value


class RunningTotal(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self._total = runtime_context.get_state(
            ValueStateDescriptor("total", Types.TUPLE([Types.LONG(), Types.LONG()]))
        )

    def process_element(self, value: Record, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        count, total = self._total.value() or (0, 0)
        count, total = count + 1, total + value[0]
        self._total.update((count, total))
        yield f"{value[1]},{count},{total}"


class Contents(ProcessWindowFunction[Record, str, int, TimeWindow]):
    def process(
        self, key: int, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Record]
    ) -> Iterable[str]:
        numbers = [number for number, _, _ in elements]
        window = context.window()
        yield f"{key},{window.start},{window.end},{len(numbers)},{sum(numbers)}"


class Pairs(KeyedCoProcessFunction):
    """Each number once, when it has come from both sides."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self._waiting = runtime_context.get_map_state(MapStateDescriptor("waiting", Types.LONG(), Types.INT()))

    def process_element1(self, value: Record, ctx: KeyedCoProcessFunction.Context) -> Iterator[str]:
        yield from self._meet(value, 1)

    def process_element2(self, value: Record, ctx: KeyedCoProcessFunction.Context) -> Iterator[str]:
        yield from self._meet(value, 2)

    def _meet(self, value: Record, side: int) -> Iterator[str]:
        number = value[0]
        if self._waiting.get(number) == 3 - side:
            self._waiting.remove(number)
            yield f"{number}"
        else:
            self._waiting.put(number, side)


class Slow(MapFunction):
    """Holds up all before it."""

    def __init__(self, milliseconds: float) -> None:
        self._seconds = milliseconds / 1000

    def map(self, value: str) -> str:
        time.sleep(self._seconds)
        return value


def file_sink(folder: str) -> FileSink:
    return (
        FileSink.for_row_format(folder, Encoder.simple_string_encoder())
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .build()
    )


def redis_sink(settings: dict[str, Any]) -> RedisStreamsSink:
    return (
        RedisStreamsSink.builder()
        .set_url(settings["redis"])
        .set_stream_key(settings["stream"])
        .set_value_serializer(SimpleStringSchema())
        .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .build()
    )


def main(settings: dict[str, Any]) -> None:
    configuration = Configuration()
    configuration.set_string("pipeline.auto-watermark-interval", "20 ms")
    configuration.set_string("execution.checkpointing.interval", f"{settings['interval']} ms")
    configuration.set_string("execution.checkpointing.min-pause", "10 ms")
    configuration.set_string("execution.checkpointing.tolerable-failed-checkpoints", "100")
    configuration.set_string("state.backend.type", settings["backend"])
    configuration.set_string("restart-strategy.type", "fixed-delay")
    configuration.set_string("restart-strategy.fixed-delay.attempts", "1000")
    configuration.set_string("restart-strategy.fixed-delay.delay", settings.get("delay", "0 ms"))
    if settings["unaligned"] is not None:
        configuration.set_string("execution.checkpointing.unaligned.enabled", "true")
        configuration.set_string("execution.checkpointing.aligned-checkpoint-timeout", f"{settings['unaligned']} ms")
    if settings.get("failover"):
        # `Fragile` raises once and lets the number pass then: what it emits is the same each time
        configuration.set_string("jobmanager.execution.failover-strategy", settings["failover"])
        declares = "true" if settings.get("declares", True) else "false"
        configuration.set_string("penstock.failover.deterministic-functions", declares)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    side = settings["count"], settings["rate"], settings["keys"], settings["splits"]
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(RecordTime())
    kind = Types.TUPLE([Types.LONG(), Types.LONG(), Types.LONG()])
    out, raises, marks = settings["out"], settings["raises"], settings["marks"]
    left = env.from_source(Numbers(*side), strategy, "left").uid("left")
    left = left.map(Fragile("left", raises, marks), kind).uid("fragile")
    right = env.from_source(Numbers(*side), strategy, "right").uid("right")
    keyed = left.key_by(lambda value: value[1], Types.LONG())
    totals = keyed.process(RunningTotal(), Types.STRING()).uid("totals")
    if settings["slow"]:
        # in a task of its own, so that records pile up before it
        totals = totals.rebalance().map(Slow(settings["slow"]), Types.STRING()).uid("slow")
    totals.sink_to(file_sink(f"{out}/totals")).uid("totals-sink")
    tumbling = keyed.window(TumblingEventTimeWindows.of(Time.seconds(1))).process(Contents(), Types.STRING())
    tumbling.uid("tumbling").sink_to(file_sink(f"{out}/tumbling")).uid("tumbling-sink")
    sessions = keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(700))).process(
        Contents(), Types.STRING()
    )
    sessions.uid("sessions").sink_to(file_sink(f"{out}/sessions")).uid("sessions-sink")
    pairs = (
        keyed.connect(right.key_by(lambda value: value[1], Types.LONG())).process(Pairs(), Types.STRING()).uid("pairs")
    )
    sink = redis_sink(settings) if settings["redis"] else file_sink(f"{out}/pairs")
    pairs.sink_to(sink).uid("pairs-sink")
    env.execute("exactly once")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
