"""Bounds of Java's long, which bound timestamps and watermarks. Source: PyFlink's `pyflink.common.constants`."""

MIN_LONG_VALUE = -(1 << 63)
MAX_LONG_VALUE = (1 << 63) - 1
DEFAULT_OUTPUT_TAG = "DEFAULT_OUTPUT_TAG"
