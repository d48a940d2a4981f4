"""Makes readings of three sensors at a steady rate, and finds the highest of each in every three seconds of event time.

    python examples/sensor_readings.py                        in this process
    penstock run -m HOST:PORT -p 4 examples/sensor_readings.py   on a cluster

A reading is a function of its number, so that the job goes on after a failure exactly where its checkpoint was.
"""

from typing import Any

from penstock.common import Types, WatermarkStrategy
from penstock.common.time import Time
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from penstock.datastream.window import TumblingEventTimeWindows

SENSORS = ["attic", "cellar", "hall"]
READINGS = 90


def reading(number: int) -> tuple[str, int, int]:
    """Sensor, degrees, time in ms: one reading every 100 ms, each sensor in its turn."""
    return SENSORS[number % 3], 15 + number * 7 % 10, number * 100


class TimeOfReading(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[2])


def main() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    # one subtask makes them in the order of their times
    env.set_parallelism(1)
    readings = DataGeneratorSource(
        reading,
        READINGS,
        RateLimiterStrategy.per_second(500),
        Types.TUPLE([Types.STRING(), Types.INT(), Types.LONG()]),
    )
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(TimeOfReading())
    stream = env.from_source(readings, strategy, "readings")
    windows = stream.key_by(lambda r: r[0], key_type=Types.STRING()).window(
        TumblingEventTimeWindows.of(Time.seconds(3))
    )
    highest = windows.reduce(lambda a, b: a if a[1] >= b[1] else b)
    highest.map(lambda r: f"{r[0]}: {r[1]} degrees at {r[2]}", output_type=Types.STRING()).print()
    env.execute("sensor readings")


if __name__ == "__main__":
    main()
