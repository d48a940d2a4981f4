"""The worked examples of docs/connectors.md, as they stand there: run in programs, restored, at other parallelisms."""

import re
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings

from penstock.common.watermark_strategy import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.base import WriterContext
from penstock.operators.sinks import SinkOperator
from penstock.state.handover import hand_over
from tests.unit.connectors.readers import LIVES, Life, read_over_restores

PAGE = Path(__file__).parents[3] / "docs" / "connectors.md"


@pytest.fixture(scope="module")
def documented() -> Iterator[Any]:
    """A module with the page's examples."""
    module = ModuleType("documented_connectors")
    sys.modules[module.__name__] = module
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for block in blocks:
        if block.startswith("import"):
            exec(compile(block, str(PAGE), "exec"), module.__dict__)
    yield module
    del sys.modules[module.__name__]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Tables orders_0 to orders_2 with the numbers below 30."""
    path = str(tmp_path_factory.mktemp("connectors") / "shop.db")
    db = sqlite3.connect(path)
    with db:
        for n in range(3):
            db.execute(f"CREATE TABLE orders_{n} (number INTEGER)")
        for number in range(30):
            db.execute(f"INSERT INTO orders_{number % 3} VALUES (?)", (number,))
    db.close()
    return path


@settings(max_examples=30, deadline=None)
@given(lives=LIVES)
def test_the_source_loses_and_repeats_nothing(documented: Any, database: str, lives: list[Life]) -> None:
    source = documented.SqliteSource(database, "orders_")
    assert sorted(read_over_restores(source, lives)) == [(n,) for n in range(30)]


def rows(path: str, table: str) -> list[Any]:
    db = sqlite3.connect(path)
    try:
        return sorted(db.execute(f"SELECT * FROM {table}").fetchall())
    finally:
        db.close()


def table(path: Path) -> str:
    db = sqlite3.connect(path)
    with db:
        db.execute("CREATE TABLE totals (number INTEGER, double INTEGER)")
    db.close()
    return str(path)


def test_a_program_with_both(documented: Any, database: str, tmp_path: Path) -> None:
    out = table(tmp_path / "out.db")
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    orders = env.from_source(documented.SqliteSource(database, "orders_"), WatermarkStrategy.no_watermarks(), "orders")
    orders.map(lambda row: (row[0], row[0] * 2)).sink_to(documented.SqliteSink(out, "totals"))
    env.execute("documented")
    assert rows(out, "totals") == [(n, n * 2) for n in range(30)]


def test_tables_that_are_added_later(documented: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "shop.db")
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE orders_a AS SELECT 1 AS number")
    db.commit()
    env = StreamExecutionEnvironment.get_execution_environment()
    source = documented.SqliteSource(path, "orders_", discovery_interval=0.02)
    records: Any = env.from_source(source, WatermarkStrategy.no_watermarks(), "orders").execute_and_collect()
    assert next(records) == (1,)
    db.execute("CREATE TABLE orders_b AS SELECT 2 AS number")
    db.commit()
    assert next(records) == (2,)
    records.close()
    db.close()


def test_the_sink_commits_once_over_a_restore(documented: Any, tmp_path: Path) -> None:
    out = table(tmp_path / "out.db")
    sink = documented.SqliteSink(out, "totals")
    running = SinkOperator(0, "out", sink, WriterContext(0, checkpointing=True))
    running.open(None)
    running.write([(1, 2)])
    former = [running.snapshot(1)]
    assert rows(out, "totals") == []
    running.notify_complete(1)
    restored = SinkOperator(0, "out", sink, WriterContext(0, checkpointing=True))
    restored.restore(hand_over(former, 0, 1, 128))
    assert rows(out, "totals") == [(1, 2)]
    restored.open(None)
    restored.write([(3, 6)])
    restored.snapshot(2)
    restored.notify_complete(2)
    assert rows(out, "totals") == [(1, 2), (3, 6)]
