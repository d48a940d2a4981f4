"""User code is interrupted where it does not come back; our own code never is."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from penstock.runtime import interruption
from penstock.runtime.interruption import Interrupted, Interruption, SlotTerminated
from penstock.runtime.slot_runner import SlotRunner


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "PATIENCE", 0.02)


@pytest.fixture
def done() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def interrupt(target: Interruption, done: threading.Event, wanted: bool = True) -> None:
    threading.Thread(target=target.interrupt_until, args=(done, lambda: wanted), daemon=True).start()


def test_sleeping_user_code_is_ended_and_unwinds(done: threading.Event) -> None:
    subject, unwound = Interruption(), []
    with subject.handling(lambda: None):
        interrupt(subject, done)
        with pytest.raises(Interrupted), subject.user_code():
            try:
                time.sleep(60)
            finally:
                unwound.append(True)
        assert unwound


def test_our_own_code_is_left_alone(done: threading.Event) -> None:
    subject = Interruption()
    with subject.handling(lambda: None):
        with subject.user_code():
            pass
        interrupt(subject, done)
        time.sleep(0.2)


def test_only_what_is_wanted_is_interrupted(done: threading.Event) -> None:
    subject = Interruption()
    with subject.handling(lambda: None), subject.user_code():
        interrupt(subject, done, wanted=False)
        time.sleep(0.2)


def test_user_code_that_goes_on_is_interrupted_again(done: threading.Event) -> None:
    subject, times = Interruption(), 0
    with subject.handling(lambda: None):
        interrupt(subject, done)
        for _ in range(3):
            with pytest.raises(Interrupted), subject.user_code():
                time.sleep(60)
            times += 1
    assert times == 3


def test_sigterm_in_user_code_and_outside_of_it() -> None:
    subject, told = Interruption(), []
    before = signal.getsignal(signal.SIGTERM)
    with subject.handling(lambda: told.append(True)):
        with pytest.raises(SlotTerminated), subject.user_code():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        assert told == []
        os.kill(os.getpid(), signal.SIGTERM)
        assert told == [True]
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_loop_goes_on_to_the_command_that_cancels(done: threading.Event) -> None:
    class Hanging:
        state = "RUNNING"

        def step(self) -> bool:
            time.sleep(60)
            return True

    runner, cancelled = SlotRunner(), []
    runner.tasks.append(Hanging())  # type: ignore[arg-type]
    with runner.interruption.handling(lambda: None):
        interrupt(runner.interruption, done)
        runner.run_once()
        runner.tasks.clear()
        runner.submit(lambda: cancelled.append(True))
        runner.run_once(0)
    runner.close()
    assert cancelled == [True]
