"""A job that keeps its slots busy for a known number of records, while somebody watches it."""

import argparse

from penstock.common import Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, required=True)
    arguments = parser.parse_args()
    env = StreamExecutionEnvironment.get_execution_environment()
    env.enable_checkpointing(1000)
    pairs = Types.TUPLE([Types.LONG(), Types.LONG()])
    (
        env.from_source(NumberSequenceSource(1, arguments.records), WatermarkStrategy.no_watermarks(), "numbers")
        .map(lambda n: (n % 1000, 1), output_type=pairs)
        .key_by(lambda pair: pair[0], key_type=Types.LONG())
        .sum(1)
        .filter(lambda pair: pair[1] < 0)
        .print()
    )
    env.execute("watched")
