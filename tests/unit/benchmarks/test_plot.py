"""The plot: well-formed, a bar for each rate, longer for more."""

import re
from xml.etree import ElementTree

import pytest
from benchmarks.plot import svg


def test_bars_follow_the_rates() -> None:
    rates = {"a & b": 4_400, "c": 38_000, "d": 1_500_000}
    drawn = svg([{"workload": "w", "runner": name, "per_cpu_s": rate} for name, rate in rates.items()])
    ElementTree.fromstring(drawn)
    widths = [float(width) for width in re.findall(r'<rect x="\d+" y="\d+" width="([\d.]+)"', drawn)]
    assert len(widths) == len(rates)
    assert widths == sorted(set(widths))
    assert "1,500,000" in drawn


def test_nothing_to_plot() -> None:
    with pytest.raises(ValueError, match="nothing to plot"):
        svg([])
