"""Three jobs whose every output record is known, at a rate, for as long as the test wants: `program.py SETTINGS.json`.

Settings: `workload` (counts, join, timers), `rate` (records a second of each source), `keys`, `splits`, `hot` (share of
records that have one key), `interval` (ms, of checkpoints), `backend`, `configuration` (more of it), `limit` and `end`
(paths, below), `out`, `probe`, `marks` (folders), `redis` (URL of a Redis sink; "": files), `stream` (its key), `slow`
(ms of each record before the sink), `raises` (numbers at which user code raises, once each).

Sources go on until the file `limit` names a number: they give what is below it as fast as it goes, and end once the
file `end` is there. Each record that comes out of the job's middle leaves a line `monotonic number` in `probe`.
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
    DataStream,
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
from penstock.datastream.window import TumblingEventTimeWindows
from penstock.operators.specs import ReaderContext

Record = tuple[int, int, int]  #: number, key, timestamp (ms)
Numbered = tuple[int, str]  #: number (for the probe), line

#: seconds between two looks for the files that say where to end
_LOOK_EVERY = 0.1
#: ms that a record waits for its timer
_WAIT = 60


def record(number: int, keys: int, hot: float = 0.0) -> Record:
    """Timestamps rise by 10 ms."""
    key = 0 if number % 100 < hot * 100 else number * 7 % keys
    return number, key, number * 10


@dataclass(slots=True)
class Numbers:
    """All numbers. A split has the keys with the same rest, so that each key's records keep their order."""

    rate: float
    keys: int
    splits: int
    hot: float
    limit: str
    end: str
    bounded: bool = True

    def enumerate_splits(self, parallelism: int) -> list[tuple[int, int]]:
        return [(split, 0) for split in range(self.splits)]

    def create_reader(self, context: ReaderContext) -> "NumbersReader":
        return NumbersReader(self)


class NumbersReader:
    """Merges its splits by number, so that timestamps rise whatever splits it has.

    A split is (rest, the number that it has come to). Nobody is ever beyond rate times the age of the job.
    """

    def __init__(self, source: Numbers) -> None:
        self._source = source
        self._heap: list[tuple[int, int]] = []  #: (next number of the split, split)
        self._come_to: dict[int, int] = {}
        self._begun = time.monotonic()
        self._first = 0
        self._looked = 0.0
        self._limit: int | None = None
        self._may_end = False

    def add_splits(self, splits: Sequence[tuple[int, int]]) -> None:
        for split, at in splits:
            self._come_to[split] = at
            self._push(split, at)
        self._first = max(self._come_to.values(), default=0)

    def _push(self, split: int, at: int) -> None:
        source = self._source
        while record(at, source.keys, source.hot)[1] % source.splits != split:
            at += 1
        heapq.heappush(self._heap, (at, split))

    def poll(self, max_records: int) -> list[Record] | None:
        # before the look: what is given is due at a moment when the limit was not there
        now = time.monotonic()
        if now - self._looked > _LOOK_EVERY:
            self._look(now)
        source = self._source
        below = self._limit
        if below is None:
            below = self._first + int((now - self._begun) * source.rate)
        found: list[Record] = []
        while self._heap and len(found) < max_records and self._heap[0][0] < below:
            at, split = heapq.heappop(self._heap)
            found.append(record(at, source.keys, source.hot))
            self._come_to[split] = at + 1
            self._push(split, at + 1)
        if found or not self._may_end:
            return found
        return None if not self._heap or self._heap[0][0] >= below else found

    def _look(self, now: float) -> None:
        self._looked = now
        limit = Path(self._source.limit)
        if self._limit is None and limit.exists():
            self._limit = int(limit.read_text())
        self._may_end = self._limit is not None and Path(self._source.end).exists()

    def snapshot(self) -> list[tuple[int, int]]:
        return list(self._come_to.items())

    def close(self) -> None: ...


class RecordTime(TimestampAssigner):
    def extract_timestamp(self, value: Record, record_timestamp: int) -> int:
        return value[2]


class Fragile(MapFunction):
    """Raises at some numbers, at each of them once in the life of the job."""

    def __init__(self, numbers: Iterable[int], marks: str) -> None:
        self._numbers, self._marks = frozenset(numbers), marks

    def map(self, value: Record) -> Record:
        if value[0] in self._numbers:
            try:
                os.close(os.open(f"{self._marks}/{value[0]}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return value
            raise ValueError(f"user code does not like {value[0]}")
        return value


class RunningTotal(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        kind = Types.TUPLE([Types.LONG(), Types.LONG()])
        self._total = runtime_context.get_state(ValueStateDescriptor("total", kind))

    def process_element(self, value: Record, ctx: KeyedProcessFunction.Context) -> Iterator[Numbered]:
        count, total = self._total.value() or (0, 0)
        count, total = count + 1, total + value[0]
        self._total.update((count, total))
        yield value[0], f"{value[1]},{count},{total}"


class Contents(ProcessWindowFunction[Record, str, int, TimeWindow]):
    def process(
        self, key: int, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Record]
    ) -> Iterable[str]:
        numbers = [number for number, _, _ in elements]
        yield f"{key},{context.window().start},{len(numbers)},{sum(numbers)}"


class Pairs(KeyedCoProcessFunction):
    """Each number once, when it has come from both sides."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self._waiting = runtime_context.get_map_state(MapStateDescriptor("waiting", Types.LONG(), Types.INT()))

    def process_element1(self, value: Record, ctx: KeyedCoProcessFunction.Context) -> Iterator[Numbered]:
        yield from self._meet(value, 1)

    def process_element2(self, value: Record, ctx: KeyedCoProcessFunction.Context) -> Iterator[Numbered]:
        yield from self._meet(value, 2)

    def _meet(self, value: Record, side: int) -> Iterator[Numbered]:
        number = value[0]
        if self._waiting.get(number) == 3 - side:
            self._waiting.remove(number)
            yield number, f"{number}"
        else:
            self._waiting.put(number, side)


class Delayed(KeyedProcessFunction):
    """Each number once, some processing time after it came."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self._waiting = runtime_context.get_map_state(MapStateDescriptor("waiting", Types.LONG(), Types.LONG()))

    def process_element(self, value: Record, ctx: KeyedProcessFunction.Context) -> Iterator[Numbered]:
        due = ctx.timer_service().current_processing_time() + _WAIT
        self._waiting.put(value[0], due)
        ctx.timer_service().register_processing_time_timer(due)
        yield from ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Numbered]:
        ripe = sorted(number for number, due in self._waiting.items() if due <= timestamp)
        for number in ripe:
            self._waiting.remove(number)
            yield number, f"{ctx.get_current_key()},{number}"


class Probe(MapFunction):
    """Notes when a record came by, and hands its line on."""

    def __init__(self, folder: str, slow: float) -> None:
        self._folder, self._slow = folder, slow / 1000

    def open(self, runtime_context: RuntimeContext) -> None:
        name = f"{os.getpid()}-{runtime_context.get_index_of_this_subtask()}-{time.monotonic_ns()}"
        self._file = os.open(f"{self._folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def map(self, value: Numbered) -> str:
        os.write(self._file, b"%.4f %d\n" % (time.monotonic(), value[0]))
        if self._slow:
            time.sleep(self._slow)
        return value[1]

    def close(self) -> None:
        os.close(self._file)


def sink(settings: dict[str, Any], name: str) -> Any:
    if name == "windows" and settings["redis"]:
        return (
            RedisStreamsSink.builder()
            .set_url(settings["redis"])
            .set_stream_key(settings["stream"])
            .set_value_serializer(SimpleStringSchema())
            .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
            .build()
        )
    encoder = Encoder.simple_string_encoder()
    assigner = BucketAssigner.base_path_bucket_assigner()
    return FileSink.for_row_format(f"{settings['out']}/{name}", encoder).with_bucket_assigner(assigner).build()


class Program:
    """Builds the job of the settings."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        configuration = Configuration()
        for key, value in {
            "pipeline.auto-watermark-interval": "20 ms",
            "execution.checkpointing.interval": f"{settings['interval']} ms",
            "execution.checkpointing.min-pause": "10 ms",
            "execution.checkpointing.tolerable-failed-checkpoints": "1000",
            "state.backend.type": settings["backend"],
            "restart-strategy.type": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": "1000",
            "restart-strategy.fixed-delay.delay": "0 ms",
            **settings["configuration"],
        }.items():
            configuration.set_string(key, value)
        self._env = StreamExecutionEnvironment.get_execution_environment(configuration)

    def _numbers(self, name: str) -> DataStream:
        s = self._settings
        source = Numbers(s["rate"], s["keys"], s["splits"], s["hot"], s["limit"], s["end"])
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(RecordTime())
        return self._env.from_source(source, strategy, name).uid(name)

    def _out(self, lines: DataStream) -> None:
        """Past the probe into files; a slow sink is a task of its own, so that records pile up before it."""
        s = self._settings
        probe = Probe(s["probe"], s["slow"])
        stream = (lines.rebalance() if s["slow"] else lines).map(probe, Types.STRING()).uid("probe")
        stream.sink_to(sink(s, "lines")).uid("sink")

    def counts(self) -> None:
        s = self._settings
        checked = self._numbers("numbers").map(Fragile(s["raises"], s["marks"]), _RECORD).uid("fragile")
        keyed = checked.key_by(_key, Types.LONG())
        self._out(keyed.process(RunningTotal(), _NUMBERED).uid("totals"))
        windows = keyed.window(TumblingEventTimeWindows.of(Time.seconds(1))).process(Contents(), Types.STRING())
        windows.uid("windows").sink_to(sink(s, "windows")).uid("windows-sink")

    def join(self) -> None:
        sides = [
            self._numbers(name).rebalance().map(_same, _RECORD).uid(f"{name}-again").key_by(_key, Types.LONG())
            for name in ("left", "right")
        ]
        self._out(sides[0].connect(sides[1]).process(Pairs(), _NUMBERED).uid("pairs"))

    def timers(self) -> None:
        s = self._settings
        checked = self._numbers("numbers").map(Fragile(s["raises"], s["marks"]), _RECORD).uid("fragile")
        self._out(checked.key_by(_key, Types.LONG()).process(Delayed(), _NUMBERED).uid("delayed"))

    def run(self) -> None:
        getattr(self, self._settings["workload"])()
        self._env.execute(f"chaos {self._settings['workload']}")


_RECORD = Types.TUPLE([Types.LONG(), Types.LONG(), Types.LONG()])
_NUMBERED = Types.TUPLE([Types.LONG(), Types.STRING()])


def _key(value: Record) -> int:
    return value[1]


def _same(value: Record) -> Record:
    return value


if __name__ == "__main__":
    Program(json.loads(Path(sys.argv[1]).read_text())).run()
