"""The workloads as DataStream programs: the same lines for Penstock and for PyFlink, which is given as `api`."""

from typing import Any

import bid_functions
import other_word_functions
import word_functions


def running_counts(api: Any, lines: Any, functions: Any, record: Any) -> Any:
    text = api.common.Types.STRING()
    return (
        lines.flat_map(functions.split, output_type=text)
        .map(functions.pair, output_type=record)
        .key_by(functions.key, key_type=text)
        .reduce(functions.add)
    )


def words(api: Any, lines: Any) -> Any:
    types = api.common.Types
    return running_counts(api, lines, word_functions, types.TUPLE([types.STRING(), types.LONG()]))


def other_words(api: Any, lines: Any) -> Any:
    types = api.common.Types
    record = types.TUPLE([types.STRING(), types.LONG(), types.LONG()])
    return running_counts(api, lines, other_word_functions, record)


def projected(api: Any, lines: Any) -> Any:
    long = api.common.Types.LONG()
    parsed = lines.map(bid_functions.parse).filter(bid_functions.is_wanted)
    return parsed.map(bid_functions.project, output_type=api.common.Types.TUPLE([long, long, long]))


def window_counts(api: Any, lines: Any) -> Any:
    """Tuples of auction, start of the window (epoch ms), bids."""
    # PyFlink pickles no type object that was used before: each use has its own
    count, long = bid_functions.Count, api.common.Types.LONG

    class EventTime(api.common.watermark_strategy.TimestampAssigner):  # type: ignore[misc]
        def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
            return value[1]  # type: ignore[no-any-return]

    class Counting(count, api.datastream.AggregateFunction):  # type: ignore[misc, valid-type]
        pass

    class Labelled(api.datastream.WindowFunction):  # type: ignore[misc]
        def apply(self, key: int, window: Any, inputs: Any) -> Any:
            for found in inputs:
                yield key, window.start, found

    watermarks = api.common.WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(EventTime())
    result = api.common.Types.TUPLE([long(), long(), long()])
    return (
        lines.map(bid_functions.event, output_type=api.common.Types.TUPLE([long(), long()]))
        .assign_timestamps_and_watermarks(watermarks)
        .key_by(bid_functions.auction, key_type=long())
        .window(api.datastream.window.TumblingEventTimeWindows.of(api.common.Time.milliseconds(bid_functions.WINDOW)))
        .aggregate(Counting(), Labelled(), accumulator_type=long(), output_type=result)
    )


DATAFLOWS = {
    "words": words,
    "words, other functions": other_words,
    "json": projected,
    "window": window_counts,
}
