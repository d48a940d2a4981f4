"""Decorators and exceptions. Source: `pyflink.util`."""
