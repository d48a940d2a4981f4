"""A report over bounded input: final results only, in BATCH mode, from a stream that is computed once.

penstock run examples/pyflink/batch_report.py
"""

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

SALES = ["fruit,apple,3", "fruit,pear,5", "tools,saw,12", "fruit,apple,4", "tools,hammer,9"]


def parsed(line):
    category, article, amount = line.split(",")
    return category, article, int(amount)


if __name__ == "__main__":
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    record = Types.TUPLE([Types.STRING(), Types.STRING(), Types.LONG()])
    sales = env.from_collection(SALES, Types.STRING()).map(parsed, record).cache()
    totals = sales.key_by(lambda v: v[0], Types.STRING()).sum(2)
    totals.map(lambda v: f"{v[0]}: {v[2]} in all", Types.STRING()).print()
    env.execute("totals")
    best = sales.key_by(lambda v: v[0], Types.STRING()).max_by(2)
    best.map(lambda v: f"{v[0]}: {v[1]} sold best, {v[2]}", Types.STRING()).print()
    env.execute("best")
    sales.invalidate()
