"""Failures as Flink's Java clients read them: a `SerializedThrowable`, in Java's serialization protocol. Pure."""

import base64
import struct

from penstock.coordination.failure import Failure

_NULL, _OBJECT, _CLASS, _STRING, _LONG_STRING, _REFERENCE, _END = b"p", b"s", b"r", b"t", b"|", b"q", b"x"
#: flags of a class: as it is, or with a `writeObject`, whose data has an end of its own
_SERIALIZABLE, _WITH_END = b"\x02", b"\x03"
#: the handles count from here, in the order in which classes and strings are first written
_FIRST_HANDLE = 0x7E0000


def failure_cause(failure: Failure) -> dict[str, str]:
    """Flink's `failure-cause`, for a Java client to raise; `message` is our own, for everybody else."""
    name, trace = failure.message.partition(":")[0].strip(), failure.traceback or failure.message
    return {
        "class": name,
        "message": failure.message,
        "stack-trace": trace,
        "serialized-throwable": base64.b64encode(serialized_throwable(failure.message, name, trace)).decode(),
    }


def serialized_throwable(message: str, class_name: str, stack_trace: str) -> bytes:
    """An `org.apache.flink.util.SerializedThrowable` without the original exception, which only Python could read."""
    string = _text("Ljava/lang/String;")
    same = _REFERENCE + struct.pack(">i", _FIRST_HANDLE + 1)  # handle 0: the class itself, 1: this signature
    own = _class(
        "org.apache.flink.util.SerializedThrowable",
        7284183123441947635,
        _SERIALIZABLE,
        (b"L", "fullStringifiedStackTrace", string),
        (b"L", "originalErrorClassName", same),
        (b"[", "serializedException", _text("[B")),
    )
    exception = _class("java.lang.Exception", -3387516993124229948, _SERIALIZABLE)
    throwable = _class(
        "java.lang.Throwable",
        -3042686055658047285,
        _WITH_END,
        (b"L", "cause", _text("Ljava/lang/Throwable;")),
        (b"L", "detailMessage", same),
        (b"[", "stackTrace", _text("[Ljava/lang/StackTraceElement;")),
        (b"L", "suppressedExceptions", _text("Ljava/util/List;")),
    )
    header = struct.pack(">HH", 0xACED, 5)
    of_throwable = _NULL + _text(message) + _NULL + _NULL + _END
    of_own = _text(stack_trace) + _text(class_name) + _NULL
    return header + _OBJECT + own + exception + throwable + _NULL + of_throwable + of_own


def _class(name: str, version: int, flags: bytes, *fields: tuple[bytes, str, bytes]) -> bytes:
    """A class and its fields; what follows it in the stream is its superclass."""
    described = b"".join(kind + _utf(field) + signature for kind, field, signature in fields)
    return _CLASS + _utf(name) + struct.pack(">q", version) + flags + struct.pack(">H", len(fields)) + described + _END


def _text(text: str) -> bytes:
    encoded = _modified_utf8(text)
    if len(encoded) < 1 << 16:
        return _STRING + struct.pack(">H", len(encoded)) + encoded
    return _LONG_STRING + struct.pack(">Q", len(encoded)) + encoded


def _utf(text: str) -> bytes:
    encoded = _modified_utf8(text)
    return struct.pack(">H", len(encoded)) + encoded


def _modified_utf8(text: str) -> bytes:
    """Java's: NUL in two bytes, a character beyond 16 bits as its two surrogates."""
    pairs = text.encode("utf-16-be", "surrogatepass")
    units = (int.from_bytes(pairs[n : n + 2], "big") for n in range(0, len(pairs), 2))
    return b"".join(b"\xc0\x80" if unit == 0 else chr(unit).encode("utf-8", "surrogatepass") for unit in units)
