"""Fails at its seventh record."""

from penstock.datastream import StreamExecutionEnvironment

RATES = {"EUR": 1, "USD": 0}


def in_euros(order: tuple[int, str]) -> float:
    amount, currency = order
    return amount / RATES[currency]


def convert(order: tuple[int, str]) -> float:
    return in_euros(order)


env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([(n, "USD" if n == 7 else "EUR") for n in range(20)]).map(convert).name("convert").print()
env.execute("currency conversion")
