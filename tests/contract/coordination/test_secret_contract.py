"""The check value of the cluster secret."""

from penstock.coordination.coordination import Coordination


def test_the_first_one_stands(coordination: Coordination) -> None:
    assert coordination.secret.keep("a:1") == "a:1"
    assert coordination.secret.keep("b:2") == "a:1"
    assert coordination.secret.keep("b:2", ["c:3", "d:4"]) == "a:1"
    assert coordination.secret.keep("a:1", ["b:2"]) == "a:1"


def test_one_that_may_be_replaced_is(coordination: Coordination) -> None:
    coordination.secret.keep("a:1")
    assert coordination.secret.keep("b:2", ["x:0", "a:1"]) == "b:2"
    assert coordination.secret.keep("a:1") == "b:2"
    assert coordination.secret.keep("a:1", ["b:2"]) == "a:1"
