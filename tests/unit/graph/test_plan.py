import json

from penstock.common import Configuration, Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors import NumberSequenceSource


def test_plan_is_that_of_flink() -> None:
    """As PyFlink 2.3 gives it, but for the key extraction: an operator of its own there, part of the wire here."""
    env = StreamExecutionEnvironment(Configuration()).set_parallelism(2)
    numbers = env.from_source(NumberSequenceSource(1, 10), WatermarkStrategy.no_watermarks(), "numbers")
    pairs = numbers.map(lambda x: (x, 1), Types.TUPLE([Types.LONG(), Types.INT()])).set_description("makes pairs")
    pairs.key_by(lambda x: x[0]).reduce(lambda a, b: a).print()
    assert json.loads(env.get_execution_plan()) == {
        "nodes": [
            {
                "id": 1,
                "type": "Source: numbers",
                "pact": "Data Source",
                "contents": "Source: numbers",
                "parallelism": 2,
            },
            {
                "id": 2,
                "type": "Map",
                "pact": "Operator",
                "contents": "makes pairs",
                "parallelism": 2,
                "predecessors": [{"id": 1, "ship_strategy": "FORWARD", "side": "second"}],
            },
            {
                "id": 3,
                "type": "Reduce",
                "pact": "Operator",
                "contents": "Reduce",
                "parallelism": 2,
                "predecessors": [{"id": 2, "ship_strategy": "HASH", "side": "second"}],
            },
            {
                "id": 4,
                "type": "Sink: Print to Std. Out",
                "pact": "Data Sink",
                "contents": "Sink: Print to Std. Out",
                "parallelism": 2,
                "predecessors": [{"id": 3, "ship_strategy": "FORWARD", "side": "second"}],
            },
        ]
    }


def test_sinks_come_last() -> None:
    env = StreamExecutionEnvironment(Configuration())
    stream = env.from_collection([1])
    stream.print()
    stream.map(str).print()
    assert [n["id"] for n in json.loads(env.get_execution_plan())["nodes"]] == [1, 3, 2, 4]
