"""`/metrics` on the health port: the process, and what its sources add."""

import urllib.error
import urllib.request

import pytest
import redis.exceptions

from penstock.service import Exposition, Families, start_health
from penstock.service.cpu_loads import CpuLoads


def test_sources_are_asked_at_every_scrape() -> None:
    exposition, values = Exposition("jobmanager", "jm-1"), [1, 2]
    exposition.add(lambda families: families.gauge("penstock_x", "X.", {"a": "1"}, values.pop(0)))
    assert b'penstock_service_info{id="jm-1",service="jobmanager"} 1.0' in exposition.render()
    assert b'penstock_x{a="1"} 2.0' in exposition.render()
    assert b"process_resident_memory_bytes" in Exposition("x", "y").render()


def test_a_sample_is_shown_once_and_labels_are_of_the_family() -> None:
    families = Families()
    families.counter("penstock_c", "C.", {"a": "1"}, 5)
    families.counter("penstock_c", "C.", {"a": "1"}, 6)
    families.counter("penstock_c", "C.", {"a": "2"}, 7)
    (family,) = families
    assert [(s.labels, s.value) for s in family.samples] == [({"a": "1"}, 5), ({"a": "2"}, 7)]
    with pytest.raises(ValueError, match="penstock_c has the labels a, not b"):
        families.counter("penstock_c", "C.", {"b": "1"}, 5)


def test_it_is_served_beside_health() -> None:
    exposition = Exposition("taskmanager", "tm-1")
    server = start_health(0, lambda: None, metrics=exposition.render)
    assert server is not None
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert b'service="taskmanager"' in answer.read()

        def fail(families: Families) -> None:
            raise redis.exceptions.ConnectionError("refused")

        exposition.add(fail)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10)
        assert refused.value.code == 503
        refused.value.close()
    finally:
        server.close()


def test_cpu_loads() -> None:
    now = iter([0.0, 2.0, 2.0, 4.0])
    loads = CpuLoads(lambda: next(now))
    assert loads.of(1, 10.0) == 0.0
    assert loads.of(1, 11.0) == 0.5
    assert loads.of(1, 12.0) == 0.0
    assert loads.of(1, 11.5) == 0.0
