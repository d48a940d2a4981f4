"""Celery messages are lost, delivered twice, and delivered when everything is over: they are hints, nothing more."""

import threading
from typing import Any

import redis

from penstock.coordination.broker import TASK_NAME
from tests.chaos.harness import Ability
from tests.chaos.run import Run
from tests.chaos.scenario import Scenario
from tests.chaos.watch.monitor import Command

#: in the names of the broker's queues, and in no other key
_QUEUE = b"taskmanager."
_HINT = b'"task": "%s"' % TASK_NAME.encode()


class _Broker:
    """Sees the hints that are sent, from the monitor's thread."""

    def __init__(self, run: Run) -> None:
        self.sent: list[tuple[bytes, bytes]] = []
        run.history.on_command = self._look

    def _look(self, command: Command) -> None:
        # a TaskManager's probes of its own consumer have another task's name
        if command.name in ("LPUSH", "RPUSH") and _QUEUE in command.arguments[1] and _HINT in command.arguments[2]:
            self.sent.append((command.arguments[1], command.arguments[2]))


def lost(run: Run) -> None:
    """The broker takes the hints of a deployment, and has them no more when somebody asks."""
    queues: set[bytes] = set()
    losses = 0
    over = threading.Event()
    with run.cluster.redis("coordination") as client:

        def look(command: Command) -> None:
            nonlocal losses
            if command.name in ("LPUSH", "RPUSH") and _QUEUE in command.arguments[1]:
                queues.add(command.arguments[1])
                if losses < 6 and client.delete(command.arguments[1]):
                    losses += 1

        def disturb() -> None:
            # a consumer that waits is handed the message at once: it must not be there when the message comes
            with run.cluster.redis("coordination") as other:
                while not over.wait(0.01) and losses < 6:
                    _drop_consumers(other)

        run.history.on_command = look
        disturber = threading.Thread(target=disturb)
        disturber.start()
        job = run.submit().wait_submitted()
        run.until(lambda: losses >= 2, "hints to be lost", 30)
        run.note(f"{losses} messages lost")
        run.sleep(0, 1)
        over.set()
        disturber.join()
        run.history.on_command = lambda command: None
        job.wait_running()
    run.checkpoints(1)


def _drop_consumers(client: "redis.Redis") -> None:
    connections: Any = client.client_list()
    for connection in connections:
        if connection["cmd"] == "brpop":
            client.execute_command("CLIENT", "KILL", "ID", connection["id"])


def doubled_and_late(run: Run) -> None:
    broker = _Broker(run)
    job = run.submit()
    run.until(lambda: len(broker.sent) >= job.workload.parallelism, "hints")
    with run.cluster.redis("coordination") as client:
        for queue, message in list(broker.sent):
            client.lpush(queue, message)
        run.note("hints doubled at once")
        job.wait_running()
        hints = list(broker.sent)
        for queue, message in hints:
            client.lpush(queue, message)
        run.note("hints doubled while the job runs")
        run.checkpoints(2)
        job.end_input()
        job.ended()
        run.note("the job has ended: its hints once more, under another job")
        other = run.submit(job.workload.but(redis_sink=False)).wait_running()
        for queue, message in hints:
            client.lpush(queue, message)
    run.checkpoints(2, other)


SCENARIOS = (
    Scenario("celery message lost", lost, frozenset({Ability.REDIS}), job=False, keeps_attempts=True),
    Scenario(
        "celery messages doubled and late",
        doubled_and_late,
        frozenset({Ability.REDIS}),
        job=False,
        keeps_attempts=True,
        reached=("late hint ignored",),
    ),
)
