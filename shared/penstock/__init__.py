"""Stateful stream processing with Apache Flink's architecture and PyFlink's API, on Redis and Celery."""

__version__ = "0.1.0"
