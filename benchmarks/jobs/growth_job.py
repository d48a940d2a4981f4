"""Numbers through a chain of maps, then counted by key where there are keys."""

from cpu_sink import cpu_sink
from growth_functions import add, growth_arguments, key, pair_of, second_sum, step

from penstock.common import Configuration, Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource

if __name__ == "__main__":
    arguments = growth_arguments(__doc__)
    configuration = Configuration()
    if arguments.rocksdb:
        configuration.set_string("state.backend.type", "rocksdb")
        configuration.set_string("taskmanager.memory.managed.size", arguments.rocksdb)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    stream = env.from_source(
        NumberSequenceSource(0, arguments.records - 1), WatermarkStrategy.no_watermarks(), "numbers"
    )
    for _ in range(arguments.chain):
        stream = stream.map(step, output_type=Types.LONG())
    if arguments.keys:
        pairs = Types.TUPLE([Types.LONG(), Types.LONG()])
        counted = stream.map(pair_of(arguments.keys), output_type=pairs).key_by(key, key_type=Types.LONG()).reduce(add)
        counted.sink_to(cpu_sink(second_sum, arguments.output))
    else:
        stream.sink_to(cpu_sink(sum, arguments.output))
    env.execute("growth")
