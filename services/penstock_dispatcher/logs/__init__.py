"""Logs, output, threads and environment of the processes."""
