"""RedisStreamsSource."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from penstock.common.serialization import DeserializationSchema
from penstock.common.typeinfo import TypeInformation, Types
from penstock.coordination.patience import retrying
from penstock.datastream.connectors.redis.entry_id import ZERO
from penstock.datastream.connectors.redis.position import StreamPosition
from penstock.datastream.connectors.redis.reader import RedisStreamsReader
from penstock.datastream.connectors.redis.records import ValueOfField, strings
from penstock.datastream.connectors.redis.server import check_url, client_of, named, state_of
from penstock.datastream.connectors.redis.split import RedisStreamSplit
from penstock.operators.source_interface import ReaderContext

#: one for all streams, or by key; those not named start at the earliest and have no end
Positions = StreamPosition | Mapping[str, StreamPosition]


@dataclass(slots=True)
class RedisStreamsSource:
    """Entries of Redis streams, each stream in its order and read by one subtask. Built by `builder`.

    Where it reads on is in the checkpoint, id by id, and nowhere in Redis: no consumer group is made or moved.
    """

    url: str
    keys: tuple[str, ...]
    pattern: str | None
    start: Positions
    end: Positions | None
    forgiving: bool
    patience: float
    deserialize: Callable[[str, str, dict[bytes, bytes]], Any]
    type_info: TypeInformation
    discovery_interval: float | None = None
    bounded: bool = field(init=False)

    def __post_init__(self) -> None:
        self.bounded = self.end is not None

    @staticmethod
    def builder() -> "RedisStreamsSourceBuilder":
        return RedisStreamsSourceBuilder()

    def get_produced_type(self) -> TypeInformation:
        return self.type_info

    def why_not_deterministic(self) -> str:
        if len(self.keys) == 1 and self.pattern is None and self.discovery_interval is None:
            return ""
        return "in which order it reads several streams is no part of a replay"

    def depends_on(self) -> tuple[Any, ...]:
        known = self.deserialize is strings or isinstance(self.deserialize, ValueOfField)
        return () if known else (self.deserialize,)

    def enumerate_splits(self, parallelism: int) -> list[RedisStreamSplit]:
        """ConnectionError at once where Redis is not there."""
        with named(self.url, "look at the streams"), client_of(self.url) as client:
            splits = []
            for key in self._find(client):
                state = state_of(client, key)
                last = ZERO if state is None else state.last
                start = _of(self.start, key) or StreamPosition.earliest()
                end = None if self.end is None else _of(self.end, key)
                splits.append(
                    RedisStreamSplit(
                        key,
                        start.start(last),
                        None if end is None else end.end(last),
                        existed=state is not None,
                        anchored=state is not None and start.kind == "latest",
                    )
                )
            return splits

    def create_reader(self, context: ReaderContext) -> RedisStreamsReader:
        return RedisStreamsReader(self.url, self.patience, self.forgiving, self.deserialize, context.wake)

    def discover(self) -> list[RedisStreamSplit]:
        """A stream that came up while the job runs is read from its beginning."""
        with named(self.url, "look for streams", self.patience), client_of(self.url) as client:
            keys = retrying("look for streams", give_up_after=self.patience)(self._find, client)
        return [RedisStreamSplit(key, ZERO) for key in keys]

    def split_id(self, split: RedisStreamSplit) -> str:
        return split.key

    def _find(self, client: Any) -> list[str]:
        found: list[str] = []
        if self.pattern is not None:
            scanned = client.scan_iter(self.pattern, count=1000, _type="stream")
            found = sorted(key.decode("utf-8", "surrogateescape") for key in scanned)
        return list(dict.fromkeys([*self.keys, *found]))


def _of(positions: Positions, key: str) -> StreamPosition | None:
    return positions if isinstance(positions, StreamPosition) else positions.get(key)


class RedisStreamsSourceBuilder:
    """Made by `RedisStreamsSource.builder`. By default: from the earliest entry, without an end, dicts of text."""

    def __init__(self) -> None:
        self._url: str | None = None
        self._keys: tuple[str, ...] = ()
        self._pattern: str | None = None
        self._interval = 10.0
        self._start: Positions = StreamPosition.earliest()
        self._end: Positions | None = None
        self._forgiving = False
        self._patience = 30.0
        self._deserialize: Callable[[str, str, dict[bytes, bytes]], Any] = strings
        self._type: TypeInformation = Types.MAP(Types.STRING(), Types.STRING())

    def set_url(self, url: str) -> "RedisStreamsSourceBuilder":
        """`redis://`, `rediss://` or `unix://`, as every slot sees it."""
        self._url = check_url(url)
        return self

    def set_stream_keys(self, *keys: str) -> "RedisStreamsSourceBuilder":
        """A stream that is not there yet is waited for."""
        if not keys or not all(isinstance(key, str) and key for key in keys):
            raise ValueError(f"keys of streams are needed, text that is not empty: {keys!r}")
        self._keys = keys
        return self

    def set_stream_key_pattern(self, pattern: str, discovery_interval: float = 10.0) -> "RedisStreamsSourceBuilder":
        """All streams whose keys match Redis' glob pattern; new ones are looked for every `discovery_interval` s."""
        if discovery_interval <= 0:
            raise ValueError(f"discovery_interval must be positive: {discovery_interval}")
        self._pattern, self._interval = pattern, discovery_interval
        return self

    def set_starting_position(self, position: Positions) -> "RedisStreamsSourceBuilder":
        """Where a new job starts; one that goes on from a checkpoint reads on where that one was."""
        self._start = _checked(position)
        return self

    def set_bounded(self, end: Positions) -> "RedisStreamsSourceBuilder":
        """Read up to there, then end: `StreamPosition.latest()` is what there is when the job starts."""
        for position in [end] if isinstance(end, StreamPosition) else list(_checked(end).values()):  # type: ignore[union-attr]
            position.end(ZERO)
        self._end = _checked(end)
        return self

    def set_deserializer(
        self, function: Callable[[str, str, dict[bytes, bytes]], Any], type_info: TypeInformation | None = None
    ) -> "RedisStreamsSourceBuilder":
        """`function(stream key, entry id, fields)` -> record; None: there is none in this entry."""
        if not callable(function):
            raise TypeError(f"a function of stream key, id and fields is needed, not {function!r}")
        self._deserialize, self._type = function, type_info or Types.PICKLED_BYTE_ARRAY()
        return self

    def set_value_only_deserializer(
        self, schema: DeserializationSchema, field: str = "value"
    ) -> "RedisStreamsSourceBuilder":
        """The record is what the schema makes of this field of the entry."""
        if not isinstance(schema, DeserializationSchema):
            raise TypeError(f"a DeserializationSchema is needed, such as SimpleStringSchema(), not {schema!r}")
        self._deserialize, self._type = ValueOfField(schema, field.encode()), schema.get_produced_type()
        return self

    def set_on_trimmed(self, what: Literal["fail", "continue"]) -> "RedisStreamsSourceBuilder":
        """What to do where entries are gone that were still to be read: fail (default), or go on with a warning."""
        if what not in ("fail", "continue"):
            raise ValueError(f'on trimmed entries "fail" or "continue", not {what!r}')
        self._forgiving = what == "continue"
        return self

    def set_patience(self, seconds: float) -> "RedisStreamsSourceBuilder":
        """For how long a Redis that is away is waited for; then the task fails."""
        if seconds < 0:
            raise ValueError(f"the patience must not be negative: {seconds}")
        self._patience = seconds
        return self

    def build(self) -> RedisStreamsSource:
        """ValueError where url or streams are missing."""
        if self._url is None:
            raise ValueError("RedisStreamsSource needs a Redis: set_url")
        if not self._keys and self._pattern is None:
            raise ValueError("RedisStreamsSource needs streams: set_stream_keys or set_stream_key_pattern")
        if self._end is not None and not isinstance(self._end, StreamPosition):
            endless = [key for key in self._keys if key not in self._end]
            if endless or self._pattern is not None:
                raise ValueError(f"set_bounded: an end is needed for each stream; none for {endless or self._pattern}")
        return RedisStreamsSource(
            self._url,
            self._keys,
            self._pattern,
            self._start,
            self._end,
            self._forgiving,
            self._patience,
            self._deserialize,
            self._type,
            self._interval if self._pattern is not None and self._end is None else None,
        )


def _checked(positions: Positions) -> Positions:
    given = [positions] if not isinstance(positions, Mapping) else list(positions.values())
    for position in given:
        if not isinstance(position, StreamPosition):
            raise TypeError(f"a StreamPosition is needed, such as StreamPosition.of_id(id), not {position!r}")
    return positions
