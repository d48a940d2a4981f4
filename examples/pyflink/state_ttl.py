"""The first sight of a visitor within a while: state with a time to live.

penstock run examples/pyflink/state_ttl.py
"""

import time

from pyflink.common import Configuration, Time, Types
from pyflink.datastream import FlatMapFunction, StreamExecutionEnvironment
from pyflink.datastream.state import StateTtlConfig, ValueStateDescriptor

#: (visitor, seconds to wait before the visit is seen)
VISITS = [("ann", 0.0), ("ann", 0.0), ("bob", 0.0), ("ann", 2.5), ("ann", 0.0)]


class FirstOfAWhile(FlatMapFunction):
    def open(self, runtime_context):
        seen = ValueStateDescriptor("seen", Types.BOOLEAN())
        seen.enable_time_to_live(
            StateTtlConfig.new_builder(Time.seconds(1))
            .set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite)
            .set_state_visibility(StateTtlConfig.StateVisibility.NeverReturnExpired)
            .build()
        )
        self.seen = runtime_context.get_state(seen)

    def flat_map(self, value):
        time.sleep(value[1])
        if self.seen.value() is None:
            self.seen.update(True)
            yield f"{value[0]} is here"


if __name__ == "__main__":
    configuration = Configuration()
    # PyFlink's workers cache state over a bundle of records, and what is cached does not expire
    configuration.set_integer("python.fn-execution.bundle.size", 1)
    configuration.set_integer("python.state.cache-size", 0)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    visits = env.from_collection(VISITS, Types.TUPLE([Types.STRING(), Types.DOUBLE()]))
    visits.key_by(lambda v: v[0], Types.STRING()).flat_map(FirstOfAWhile(), Types.STRING()).print()
    env.execute("state with a time to live")
