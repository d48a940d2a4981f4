"""Formats of files and messages. Source: `pyflink.datastream.formats`."""
