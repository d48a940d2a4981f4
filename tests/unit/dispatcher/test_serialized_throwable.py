"""What Flink's Java clients read a failure from; a JVM with Flink 2.3 has read these very bytes."""

import base64

from penstock.coordination.failure import Failure
from penstock_dispatcher.serialized_throwable import failure_cause, serialized_throwable

READ_BY_FLINK = bytes.fromhex(
    "aced0005737200296f72672e6170616368652e666c696e6b2e7574696c2e53657269616c697a65645468726f7761626c6565169df51fa713"
    "f30200034c001966756c6c537472696e676966696564537461636b54726163657400124c6a6176612f6c616e672f537472696e673b4c0016"
    "6f726967696e616c4572726f72436c6173734e616d6571007e00015b001373657269616c697a6564457863657074696f6e7400025b427872"
    "00136a6176612e6c616e672e457863657074696f6ed0fd1f3e1a3b1cc4020000787200136a6176612e6c616e672e5468726f7761626c65d5"
    "c635273977b8cb0300044c000563617573657400154c6a6176612f6c616e672f5468726f7761626c653b4c000d64657461696c4d65737361"
    "676571007e00015b000a737461636b547261636574001e5b4c6a6176612f6c616e672f537461636b5472616365456c656d656e743b4c0014"
    "73757070726573736564457863657074696f6e737400104c6a6176612f7574696c2f4c6973743b787070740004453a206d70707874000154"
    "7400014570"
)


def test_the_bytes_are_those_that_flink_has_read() -> None:
    assert serialized_throwable("E: m", "E", "T") == READ_BY_FLINK


def test_text_is_javas_modified_utf8() -> None:
    raw = serialized_throwable("a\0b 😀 ö", "E", "T")
    assert b"t\x00\x0ea\xc0\x80b \xed\xa0\xbd\xed\xb8\x80 \xc3\xb6" in raw


def test_long_text_has_its_length_in_eight_bytes() -> None:
    raw = serialized_throwable("m", "E", "y" * 70_000)
    assert b"|" + (70_000).to_bytes(8, "big") + b"yyy" in raw


def test_a_failure_without_a_traceback_tells_its_message() -> None:
    cause = failure_cause(Failure(message="ValueError: bad: line"))
    assert (cause["class"], cause["stack-trace"]) == ("ValueError", "ValueError: bad: line")
    assert base64.b64decode(cause["serialized-throwable"]).startswith(b"\xac\xed\x00\x05")
