"""DataStreamSink: the end of a stream, as far as a program can still change it."""

from penstock.datastream.operator_settings import OperatorSettings
from penstock.datastream.slot_sharing_group import SlotSharingGroup


class DataStreamSink(OperatorSettings):
    """What `print` and `sink_to` return."""

    def name(self, name: str) -> "DataStreamSink":
        self._set_name(name)
        return self

    def uid(self, uid: str) -> "DataStreamSink":
        self._set_uid(uid)
        return self

    def set_uid_hash(self, uid_hash: str) -> "DataStreamSink":
        self._set_uid_hash(uid_hash)
        return self

    def set_parallelism(self, parallelism: int) -> "DataStreamSink":
        self._set_parallelism(parallelism)
        return self

    def set_description(self, description: str) -> "DataStreamSink":
        self._set_description(description)
        return self

    def disable_chaining(self) -> "DataStreamSink":
        self._set_chaining("NEVER")
        return self

    def slot_sharing_group(self, slot_sharing_group: "str | SlotSharingGroup") -> "DataStreamSink":
        self._set_slot_sharing_group(slot_sharing_group)
        return self
