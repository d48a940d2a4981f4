"""Metrics of tasks and processes: by Flink's names in REST, by its Prometheus names in `/metrics`."""
