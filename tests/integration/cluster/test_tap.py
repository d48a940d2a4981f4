"""`penstock tap` on a real cluster with two dispatchers."""

import json
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

PROGRAM = textwrap.dedent(
    """
    import time
    from dataclasses import dataclass
    from penstock.common import WatermarkStrategy
    from penstock.datastream import StreamExecutionEnvironment
    from penstock.datastream.connectors.number_seq import NumberSequenceSource

    @dataclass
    class Order:
        id: int
        customer: str

    def order(n):
        time.sleep(0.002)
        return Order(n, f"customer {n % 7}")

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    numbers = env.from_source(NumberSequenceSource(0, 100_000_000), WatermarkStrategy.no_watermarks(), "numbers")
    orders = numbers.map(order).name("order")
    orders.key_by(lambda o: o.customer).reduce(lambda a, b: b).name("latest").filter(lambda o: False).print()
    env.execute("orders")
    """
)


class Tapped:
    def __init__(self, cluster: LocalCluster, job: str) -> None:
        self.cluster, self.job = cluster, job

    def tap(self, *arguments: str, check: bool = True) -> Any:
        return self.cluster.cli("tap", "-m", self.cluster.addresses, *arguments, check=check)

    def records(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.tap(*arguments, "--json", "--timeout", "60").stdout.splitlines()]


@pytest.fixture(scope="module")
def tapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tapped]:
    folder = tmp_path_factory.mktemp("tap")
    (folder / "orders.py").write_text(PROGRAM)
    cluster = LocalCluster(folder / "dir", "--dispatchers", "2", slots=1)
    try:
        job = cluster.submit(folder / "orders.py")
        cluster.wait_state(job, "RUNNING")
        yield Tapped(cluster, job)
    finally:
        cluster.stop()


def test_the_edges_are_listed(tapped: Tapped) -> None:
    lines = tapped.tap().stdout.splitlines()
    assert lines[0].startswith("Source: numbers -> order  (")
    assert "  op-0     Source: numbers -> order" in lines
    assert lines.count("  edge-0   order -> latest (HASH)") == 2


def test_records_of_the_users_own_class_are_shown_on_every_kind_of_edge(tapped: Tapped) -> None:
    between = tapped.records("latest", "--edge", "edge-0", "--limit", "20")
    assert len(between) == 20
    assert all(r["text"].startswith("Order(id=") and r["type"] == "Order" for r in between)
    assert all(r["key"] in r["text"] for r in between)
    # the default of a vertex is what leaves it: the same edge
    assert {r["type"] for r in tapped.records("Source: numbers -> order")} == {"Order"}
    assert {r["type"] for r in tapped.records("Source", "--edge", "op-0")} == {"int"}
    within = tapped.records("latest", "--edge", "op-0", "--subtask", "1", "--limit", "5")
    assert {(r["subtask"], r["type"]) for r in within} == {(1, "Order")}
    (one,) = tapped.records("latest", "--edge", "edge-0", "--filter", "CUSTOMER 3", "--limit", "1")
    assert one["key"] == "'customer 3'"
    assert "> Order(id=" in tapped.tap("latest", "--edge", "edge-0", "--limit", "1").stdout


def test_what_is_wrong_is_two_lines(tapped: Tapped) -> None:
    for arguments, told in (
        (("nowhere",), "no vertex 'nowhere'"),
        (("latest", "--edge", "op-9"), "it has edge-0 (order -> latest (HASH)), op-0"),
        (("latest", "--subtask", "2"), "it has 0 to 1"),
        (("latest", "--job", "f" * 32), f"Job {'f' * 32} not found"),
    ):
        done = tapped.tap(*arguments, check=False)
        assert done.returncode == 1 and told in done.stderr and len(done.stderr.splitlines()) == 2, done.stderr


def test_any_dispatcher_goes_on_where_another_was(tapped: Tapped) -> None:
    vertex = tapped.cluster.get(f"/penstock/jobs/{tapped.job}/taps")["vertices"][1]["id"]
    path, first = f"/penstock/jobs/{tapped.job}/vertices/{vertex}/tap?edge=edge-0", tapped.cluster.rest
    assert len(first) == 2

    def seen(address: str, cursor: str = "") -> Any:
        tapped.cluster.rest = [address]
        try:
            return wait_for(
                lambda: (a := tapped.cluster.get(path + (f"&cursor={cursor}" if cursor else "")))["records"] and a,
                60,
                "records",
            )
        finally:
            tapped.cluster.rest = first

    here = seen(first[0])
    there = seen(first[1], here["cursor"])
    assert (
        there["records"][0]["id"] > here["records"][-1]["id"]
        or there["records"][0]["time"] >= here["records"][-1]["time"]
    )
    assert {r["id"] for r in here["records"]}.isdisjoint(r["id"] for r in there["records"])
