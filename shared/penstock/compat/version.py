"""The PyFlink whose API this is. Source: `pyflink.version`."""

__version__ = "2.3.0"
