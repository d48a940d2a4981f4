"""Equal keys meet in one subtask, whatever they are: of classes of the job's own script, of parts shared or not."""

import json
from pathlib import Path

import pytest

from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = pytest.mark.integration

SCRIPT = """
import dataclasses, enum, json
from decimal import Decimal
from penstock.common import Row
from penstock.datastream import StreamExecutionEnvironment

class Color(enum.Enum):
    RED = 1
    BLUE = 2

@dataclasses.dataclass(frozen=True)
class Pair:
    a: object
    b: object

def keys(n):
    name, other = f"k{n % 3}", f"k{n % 3}"  # equal, and two objects
    second = name if n % 2 else other
    exact = Decimal(n % 3) if n % 2 else Decimal(n % 3) * Decimal("1.00")
    return [("pair", Pair(name, second)), ("row", Row(name, second)), ("enum", Color(n % 2 + 1)), ("exact", exact)]

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(3)
counted = (
    env.from_collection(list(range(60))).rebalance().flat_map(keys).map(lambda key: (key, 1))
    .key_by(lambda pair: pair[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))
)
largest = {}
with counted.execute_and_collect() as updates:
    for (kind, key), count in updates:
        largest[kind, key] = max(largest.get((kind, key), 0), count)
print(json.dumps(sorted((kind, count) for (kind, _), count in largest.items())))
"""


def test_every_kind_of_key_is_counted_in_one_place(cluster: LocalCluster, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(SCRIPT)
    lines = cluster.run(tmp_path / "job.py").stdout.splitlines()
    found = json.loads(next(line for line in lines if line.startswith("[")))
    assert found == [["enum", 30]] * 2 + [["exact", 20]] * 3 + [["pair", 20]] * 3 + [["row", 20]] * 3
