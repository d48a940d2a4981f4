"""When a probe is sent, and when the consumer is restarted."""

from penstock_taskmanager.probe import Probe


def test_probes_follow_each_other_at_the_interval() -> None:
    probe = Probe(interval=2.0, timeout=5.0)
    assert probe.act(0.0) == "send"
    probe.sent(0.0)
    assert probe.act(1.0) is None
    assert not probe.answered
    probe.seen(0, 1.0)
    assert probe.answered
    assert probe.act(2.9) is None
    assert (probe.act(3.0), probe.number) == ("send", 1)


def test_deaf_consumer_is_restarted_then_interrupted() -> None:
    probe = Probe(interval=2.0, timeout=5.0)
    probe.sent(0.0)
    assert probe.act(4.9) is None
    assert probe.act(5.0) == "restart"
    assert probe.failing
    assert probe.act(9.9) is None
    assert probe.act(10.0) == "interrupt"
    assert probe.act(15.0) == "restart"
    probe.seen(0, 16.0)
    assert not probe.failing
    assert probe.act(17.0) is None


def test_late_copies_prove_nothing() -> None:
    probe = Probe(interval=2.0, timeout=5.0)
    probe.sent(0.0)
    probe.seen(0, 1.0)
    probe.sent(3.0)
    probe.seen(0, 4.0)
    assert probe.act(8.0) == "restart"


def test_outage_is_not_held_against_the_consumer() -> None:
    probe = Probe(interval=2.0, timeout=5.0)
    probe.sent(0.0)
    probe.outage(4.0)
    assert probe.act(60.0) == "send"
    probe.not_sent(60.0)
    assert probe.act(61.9) is None
    assert probe.act(62.0) == "send"
