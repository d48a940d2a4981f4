"""Numbers through a chain of maps, then counted by key where there are keys."""

import argparse

from cpu_sink import CpuSink
from growth_functions import add, key, pair_of, second_sum, step

from penstock.common import Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--chain", type=int, default=0, help="maps")
    parser.add_argument("--keys", type=int, default=0)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_source(
        NumberSequenceSource(0, arguments.records - 1), WatermarkStrategy.no_watermarks(), "numbers"
    )
    for _ in range(arguments.chain):
        stream = stream.map(step, output_type=Types.LONG())
    if arguments.keys:
        pairs = Types.TUPLE([Types.LONG(), Types.LONG()])
        counted = stream.map(pair_of(arguments.keys), output_type=pairs).key_by(key, key_type=Types.LONG()).reduce(add)
        counted.sink_to(CpuSink(second_sum, arguments.output))
    else:
        stream.sink_to(CpuSink(sum, arguments.output))
    env.execute("growth")
