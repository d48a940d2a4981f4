"""The rates of all workloads and runners as bars, in SVG."""

from math import ceil, floor, log10
from typing import Any
from xml.sax.saxutils import escape

_BAR, _GAP, _LEFT, _WIDTH = 18, 6, 330, 560  #: pixels


def svg(rows: list[dict[str, Any]]) -> str:
    """Records per CPU second on a logarithmic scale, a block for each workload. ValueError without rows."""
    if not rows:
        raise ValueError("there is nothing to plot")
    rates = [row["per_cpu_s"] for row in rows]
    low, high = floor(log10(min(rates))), ceil(log10(max(rates)) + 1e-9)
    parts, y = list[str](), 10

    def x(rate: float) -> float:
        return _LEFT + _WIDTH * (log10(rate) - low) / (high - low)

    for name in dict.fromkeys(row["workload"] for row in rows):
        y += 22
        parts.append(f'<text x="10" y="{y}" font-weight="bold">{escape(name)}</text>')
        y += 10
        for row in (r for r in rows if r["workload"] == name):
            color = "#2a6f97" if row["runner"].startswith("Penstock") else "#a3a3a3"
            end, text = x(row["per_cpu_s"]), y + _BAR - 5
            parts.append(f'<text x="{_LEFT - 8}" y="{text}" text-anchor="end">{escape(row["runner"])}</text>')
            parts.append(f'<rect x="{_LEFT}" y="{y}" width="{end - _LEFT:.1f}" height="{_BAR}" fill="{color}"/>')
            parts.append(f'<text x="{end + 5:.1f}" y="{text}">{row["per_cpu_s"]:,}</text>')
            y += _BAR + _GAP
    for power in range(low, high + 1):
        at = f"{x(10**power):.1f}"
        parts.append(f'<line x1="{at}" x2="{at}" y1="10" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{at}" y="{y + 16}" text-anchor="middle">{10**power:,}</text>')
    parts.append(f'<text x="10" y="{y + 16}">records per CPU second</text>')
    size = f'width="{_LEFT + _WIDTH + 90}" height="{y + 26}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>"]) + "\n"
