"""InputFormat. Source: `pyflink.common.io`."""

from penstock.common.utils import JavaObjectWrapper

__all__ = ["InputFormat"]


class InputFormat(JavaObjectWrapper):
    """A Java input format: use a source instead, such as `FileSource`."""
