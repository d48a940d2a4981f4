"""Counter, gauge, meter and distribution of a function, to be seen in the metrics of its task.

penstock run examples/pyflink/metrics.py
"""

from pyflink.common import Types
from pyflink.datastream import MapFunction, StreamExecutionEnvironment


class Measured(MapFunction):
    def open(self, runtime_context):
        group = runtime_context.get_metrics_group().add_group("words")
        self.longest = 0
        self.counter = group.counter("long_words")
        self.meter = group.meter("word_rate", time_span_in_seconds=60)
        self.distribution = group.distribution("word_length")
        group.gauge("longest_word", lambda: self.longest)

    def map(self, value):
        self.longest = max(self.longest, len(value))
        self.meter.mark_event()
        self.distribution.update(len(value))
        if len(value) > 4:
            self.counter.inc()
        return f"{value}: {self.counter.get_count()} long words so far, the longest has {self.longest} letters"


if __name__ == "__main__":
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)  # each subtask measures for itself
    env.from_collection(["the", "quick", "brown", "fox"], Types.STRING()).map(Measured(), Types.STRING()).print()
    env.execute("metrics")
