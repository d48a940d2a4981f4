"""TaskManagers left registered by a leader that died before it had removed them."""

from penstock_resourcemanager.strangers import Strangers


def test_a_taskmanager_that_stays_unknown_is_named() -> None:
    strangers = Strangers(5.0)
    assert strangers.observe({"tm": "i1", "tm2": "i1"}, {"tm2": "i1"}, 0.0) == {}
    assert strangers.observe({"tm": "i1", "tm2": "i1"}, {"tm2": "i1"}, 5.0) == {}
    assert strangers.observe({"tm": "i1", "tm2": "i1"}, {"tm2": "i1"}, 5.1) == {"tm": "i1"}


def test_who_becomes_known_or_registers_anew_is_given_the_whole_time() -> None:
    strangers = Strangers(5.0)
    strangers.observe({"tm": "i1"}, {}, 0.0)
    assert strangers.observe({"tm": "i1"}, {"tm": "i1"}, 4.0) == {}
    assert strangers.observe({"tm": "i1"}, {}, 6.0) == {}
    assert strangers.observe({"tm": "i2"}, {}, 12.0) == {}
    strangers.restart()
    assert strangers.observe({"tm": "i2"}, {}, 18.0) == {}
