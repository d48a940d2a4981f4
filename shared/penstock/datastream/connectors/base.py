"""What all connectors implement. Source: `pyflink.datastream.connectors.base`."""

from penstock.operators.specs import Sink, Source

__all__ = ["Sink", "Source"]
