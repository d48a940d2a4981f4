"""The `_metadata` file: magic, format, checksum, the metadata in MessagePack. Same metadata, same bytes."""

import struct

import msgspec
import xxhash

from penstock.checkpoint.metadata import FORMAT, CheckpointMetadata

MAGIC = b"PENSTOCK"
_HEADER = struct.Struct(">8sHQQ")  #: magic, format, bytes that follow, xxh3-64 of them seeded with the format
_FLINK_MAGIC = bytes.fromhex("4960672d")


class NotMetadata(ValueError):  # noqa: N818
    """The bytes are no metadata that this version can read; the text is the end of a sentence."""


def encode(metadata: CheckpointMetadata) -> bytes:
    """Without the folder it was read from."""
    payload = msgspec.msgpack.encode(msgspec.structs.replace(metadata, directory="", format=FORMAT))
    return _HEADER.pack(MAGIC, FORMAT, len(payload), xxhash.xxh3_64_intdigest(payload, seed=FORMAT)) + payload


def decode(data: bytes) -> CheckpointMetadata:
    """NotMetadata says why it is none."""
    if data.startswith(_FLINK_MAGIC):
        raise NotMetadata("a savepoint of Apache Flink itself, which only Flink can read")
    if not MAGIC.startswith(data[: len(MAGIC)]):
        raise NotMetadata("not the metadata of a checkpoint: it begins with other bytes")
    if len(data) < _HEADER.size:
        raise NotMetadata(f"truncated: {len(data)} bytes are less than a header")
    _, version, size, checksum = _HEADER.unpack_from(data)
    if version > FORMAT:
        raise NotMetadata(
            f"of the newer format {version}, and this version of Penstock reads up to format {FORMAT}: use the version "
            "that wrote it, or a newer one"
        )
    payload = data[_HEADER.size :]
    if len(payload) != size:
        raise NotMetadata(f"truncated: {len(payload)} of {size} bytes are there")
    if xxhash.xxh3_64_intdigest(payload, seed=version) != checksum:
        raise NotMetadata("damaged: the checksum differs")
    try:
        return msgspec.msgpack.decode(payload, type=CheckpointMetadata)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise NotMetadata(f"damaged: {error}") from None
