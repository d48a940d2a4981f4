"""The job of `count_visits.py` under kills: `pytest examples/tested_under_faults`."""

import random
from collections import Counter
from pathlib import Path

from penstock.testing import FaultInjector, LocalCluster, assert_exactly_once, committed_lines

JOB, VISITS, PAUSE = Path(__file__).with_name("count_visits.py"), 4000, 0.004


def expected() -> list[str]:
    """Each visit gives the count of its page so far."""
    pages = ("home", "search", "cart", "help", "about")
    visits = Counter(pages[visit * visit % len(pages)] for visit in range(VISITS))
    return [f"({page},{n})" for page, count in visits.items() for n in range(1, count + 1)]


def test_every_visit_is_counted_once(tmp_path: Path) -> None:
    with LocalCluster(tmp_path / "cluster") as cluster, FaultInjector(cluster, seed=random.randrange(1000)):
        cluster.run(JOB, str(tmp_path / "out"), str(VISITS), str(PAUSE), parallelism=2)
    assert_exactly_once(committed_lines(tmp_path / "out"), expected())
