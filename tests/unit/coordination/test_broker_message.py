"""Messages of a TaskManager's queue, and what only looks like one."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.coordination.broker import check_hint
from penstock.coordination.broker_message import problem_with
from penstock.security.keyring import UNSIGNED, Keyring

TASKS = ("penstock.slot", "penstock.probe")
OURS = Keyring(b"the secret of the cluster")


def message(body: Any = None, **changes: Any) -> dict[str, Any]:
    content = [["j", "a", 1], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    headers = {"lang": "py", "task": "penstock.slot", "id": "x", "eta": None, "retries": 0, "timelimit": [None, None]}
    found = {
        "body": base64.b64encode(json.dumps(content if body is None else body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {**headers, **changes.pop("headers", {})},
        "properties": {
            "body_encoding": "base64",
            "delivery_tag": "t",
            "delivery_info": {"exchange": "", "routing_key": "q"},
            **changes.pop("properties", {}),
        },
    }
    return {**found, **changes}


def test_one_of_ours() -> None:
    assert problem_with(message(), TASKS) is None


@pytest.mark.parametrize(
    "forged",
    [
        message(**{"content-type": "application/x-python-serialize"}),
        message(**{"content-encoding": "binary"}),
        message(body=[["j"], {"kw": 1}, {}]),
        message(body=[["j"], {}, {"callbacks": [{"task": "x"}]}]),
        message(body=[["j"], {}, {"chain": [1]}]),
        message(body=[["j"], {}]),
        message(body={"a": 1}),
        {**message(), "body": "%%%"},
        {**message(), "body": base64.b64encode(b"{not json").decode()},
        {**message(), "body": "A" * 100_000},
        message(headers={"task": "celery.map"}),
        message(headers={"task": ["penstock.slot"]}),
        message(headers={"id": 5}),
        message(headers={"eta": "2030-01-01"}),
        message(headers={"expires": "x"}),
        message(headers={"timelimit": [1, 1]}),
        message(headers={"retries": "many"}),
        message(headers={"stamped_headers": ["a"]}),
        message(headers={"root_id": {}}),
        message(properties={"body_encoding": "rot13"}),
        message(properties={"delivery_tag": None}),
        message(properties={"delivery_info": None}),
        {},
        [],
        None,
        "text",
        5,
    ],
)
def test_what_is_none(forged: Any) -> None:
    assert problem_with(forged, TASKS)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(
    st.sampled_from(["body", "content-type", "content-encoding", "headers", "properties"]),
    st.sampled_from(["task", "id", "eta", "timelimit", "delivery_info", "delivery_tag", "body_encoding"]),
    _JSON,
)
def test_nothing_makes_it_fail(outer: str, inner: str, value: Any) -> None:
    whole = message()
    problem_with({**whole, outer: value}, TASKS)
    if isinstance(whole[outer], dict):
        problem_with({**whole, outer: {**whole[outer], inner: value}}, TASKS)


def test_hints() -> None:
    tag = OURS.tag("hint", "q", b"j a 1")
    assert check_hint(["j", "a", 1, tag], "q", OURS) == ("j", "a", 1)
    assert check_hint(["j", "a", 1], "q", UNSIGNED) == ("j", "a", 1)
    for arguments, queue in (
        (["j", "a", 1], "q"),
        (["j", "a", 2, tag], "q"),
        (["j", "b", 1, tag], "q"),
        (["j", "a", 1, tag], "another queue"),
        (["j", "a", 1, ""], "q"),
        (["j", "a", 1, None], "q"),
        ([], "q"),
        ({"a": 1}, "q"),
        (None, "q"),
    ):
        with pytest.raises(ValueError):
            check_hint(arguments, queue, OURS)
