"""What Penstock costs: `python -m benchmarks`. See docs/performance.md."""
