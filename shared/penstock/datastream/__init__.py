"""The DataStream API. Source: `pyflink.datastream`."""
