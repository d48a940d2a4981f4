"""KeyedStream. Source: `pyflink.datastream.data_stream.KeyedStream`."""

from collections.abc import Callable
from typing import Any, Literal, NoReturn

from penstock.common.typeinfo import RowTypeInfo, TypeInformation
from penstock.common.types import Row
from penstock.datastream.data_stream import DataStream, _declared
from penstock.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ReduceFunction,
)
from penstock.datastream.output_tag import OutputTag
from penstock.datastream.slot_sharing_group import SlotSharingGroup
from penstock.datastream.user_code import check_function, check_position, check_type
from penstock.datastream.window.assigner import WindowAssigner
from penstock.datastream.window.count_assigners import CountSlidingWindowAssigner, CountTumblingWindowAssigner
from penstock.datastream.windowed_stream import AllWindowedStream, WindowedStream
from penstock.operators.specs import AggregateSpec, KeyedMapSpec, KeyedProcessSpec, ReduceSpec


class KeyedStream(DataStream):
    """A stream in which all records of a key go to one subtask, whose functions have that key's state within reach."""

    def __init__(self, origin: DataStream, key_selector: Any, key_type: TypeInformation) -> None:
        super().__init__(origin._environment, origin._keyed_inputs(key_selector), origin._type)
        self._origin = origin
        self._key_selector = key_selector
        self._key_type = key_type

    # -- operators -----------------------------------------------------------------------------------------------------

    def map(self, func: "Callable[[Any], Any] | MapFunction", output_type: TypeInformation | None = None) -> DataStream:
        check_function(func, MapFunction, "map")
        return self._keyed_map("Map", "map", func, check_type(output_type))

    def flat_map(
        self, func: "Callable[[Any], Any] | FlatMapFunction", output_type: TypeInformation | None = None
    ) -> DataStream:
        check_function(func, FlatMapFunction, "flat_map")
        return self._keyed_map("FlatMap", "flat_map", func, check_type(output_type))

    def filter(self, func: "Callable[[Any], bool] | FilterFunction") -> DataStream:
        check_function(func, FilterFunction, "filter")
        return self._keyed_map("Filter", "filter", func, self._type)

    def process(  # type: ignore[override]  # PyFlink's too takes another function than its base
        self, func: KeyedProcessFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        if not isinstance(func, KeyedProcessFunction):
            raise TypeError(f"KeyedProcessFunction is required for KeyedStream, not {func!r}")
        output = check_type(output_type)
        return self._then("KEYED PROCESS", KeyedProcessSpec(func, output_type=_declared(output)), output)

    def reduce(self, func: "Callable[[Any, Any], Any] | ReduceFunction") -> DataStream:
        """Emits the reduction so far after every record; in BATCH mode only the last one of each key."""
        check_function(func, ReduceFunction, "reduce")
        return self._then("Reduce", ReduceSpec(func, output_type=_declared(self._type)), self._type)

    def sum(self, position_to_sum: int | str = 0) -> DataStream:
        """The rolling sum of a field, by position or name; of the values themselves where they have no fields."""
        return self._aggregate("sum", position_to_sum)

    def min(self, position_to_min: int | str = 0) -> DataStream:
        return self._aggregate("min", position_to_min)

    def max(self, position_to_max: int | str = 0) -> DataStream:
        return self._aggregate("max", position_to_max)

    def min_by(self, position_to_min_by: int | str = 0) -> DataStream:
        """The whole record with the least value of the field."""
        return self._aggregate("min_by", position_to_min_by)

    def max_by(self, position_to_max_by: int | str = 0) -> DataStream:
        return self._aggregate("max_by", position_to_max_by)

    def key_by(
        self, key_selector: "Callable[[Any], Any] | KeySelector", key_type: TypeInformation | None = None
    ) -> "KeyedStream":
        return self._origin.key_by(key_selector, key_type)

    def cache(self) -> NoReturn:
        self._unsupported("Cache for")

    def _collected(self) -> DataStream:
        """Each record is `Row(f0=key, f1=value)`."""
        return self._origin.map(KeyAndValue(self._key_selector), RowTypeInfo([self._key_type, self._type]))

    # -- windows -------------------------------------------------------------------------------------------------------

    def window(self, window_assigner: WindowAssigner[Any, Any]) -> WindowedStream:
        return WindowedStream(self, window_assigner)

    def count_window(self, size: int, slide: int = 0) -> WindowedStream:
        """Windows of `size` records of a key; with `slide` a new one every so many records."""
        if slide == 0:
            return WindowedStream(self, CountTumblingWindowAssigner(size))
        return WindowedStream(self, CountSlidingWindowAssigner(size, slide))

    def window_all(self, window_assigner: WindowAssigner[Any, Any]) -> AllWindowedStream:
        return self._origin.window_all(window_assigner)

    # -- what a keyed stream cannot ------------------------------------------------------------------------------------

    def _unsupported(self, what: str) -> NoReturn:
        raise TypeError(f"{what} KeyedStream is not supported.")

    def _fixed_partitioning(self) -> NoReturn:
        raise TypeError("Cannot override partitioning for KeyedStream.")

    def get_name(self) -> str:
        self._unsupported("Get name of")

    def name(self, name: str) -> DataStream:
        self._unsupported("Set name for")

    def uid(self, uid: str) -> DataStream:
        self._unsupported("Set uid for")

    def set_uid_hash(self, uid_hash: str) -> DataStream:
        self._unsupported("Set uid hash for")

    def set_description(self, description: str) -> DataStream:
        self._unsupported("Set description for")

    def set_parallelism(self, parallelism: int) -> DataStream:
        self._unsupported("Set parallelism for")

    def set_max_parallelism(self, max_parallelism: int) -> DataStream:
        self._unsupported("Set max parallelism for")

    def force_non_parallel(self) -> DataStream:
        self._unsupported("Set non-parallel for")

    def set_buffer_timeout(self, timeout_millis: int) -> DataStream:
        self._unsupported("Set buffer timeout for")

    def start_new_chain(self) -> DataStream:
        self._unsupported("Start new chain for")

    def disable_chaining(self) -> DataStream:
        self._unsupported("Disable chaining for")

    def slot_sharing_group(self, slot_sharing_group: "str | SlotSharingGroup") -> DataStream:
        self._unsupported("Setting slot sharing group for")

    def get_side_output(self, output_tag: OutputTag) -> DataStream:
        self._unsupported("Get side output of")

    def project(self, *field_indexes: int) -> DataStream:
        self._unsupported("Project for")

    def rebalance(self) -> DataStream:
        self._fixed_partitioning()

    def rescale(self) -> DataStream:
        self._fixed_partitioning()

    def shuffle(self) -> DataStream:
        self._fixed_partitioning()

    def forward(self) -> DataStream:
        self._fixed_partitioning()

    def broadcast(self, *args: Any) -> NoReturn:
        self._fixed_partitioning()

    def partition_custom(self, partitioner: Any, key_selector: Any) -> DataStream:
        self._fixed_partitioning()

    # -- wiring --------------------------------------------------------------------------------------------------------

    def _keyed_map(
        self, name: str, kind: Literal["map", "flat_map", "filter"], func: Any, output: TypeInformation
    ) -> DataStream:
        return self._then(name, KeyedMapSpec(kind, func, output_type=_declared(output)), output)

    def _aggregate(self, kind: Literal["sum", "min", "max", "min_by", "max_by"], position: int | str) -> DataStream:
        position = check_position(position)
        if isinstance(position, str) and isinstance(self._type, RowTypeInfo):
            # the type knows the names even where the rows do not
            names = self._type.get_field_names()
            if position not in names:
                raise ValueError(f"{kind}: there is no field {position!r}; the fields are {', '.join(names)}")
            position = names.index(position)
        spec = AggregateSpec(kind, position, output_type=_declared(self._type))
        # PyFlink aggregates by a reduce function of its own, and its plans say so
        return self._then("Reduce", spec, self._type)


class KeyAndValue(MapFunction):
    """`Row(f0=key, f1=value)`."""

    deterministic = True

    def __init__(self, key_selector: Any) -> None:
        self._key_selector = key_selector

    def map(self, value: Any) -> Row:
        get_key = getattr(self._key_selector, "get_key", self._key_selector)
        return Row(f0=get_key(value), f1=value)
