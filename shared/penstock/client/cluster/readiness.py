"""When a cluster is up: every dispatcher answers, and every TaskManager's slots are in the ResourceManager's ledger."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable

from penstock.client.cluster.folder import PidFile
from penstock.client.cluster.settings import ClusterSettings
from penstock.client.config import Configuration
from penstock.client.config.options import security
from penstock.coordination.connection import AWAY
from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import decode
from penstock.coordination.rows import TaskManagerRow
from penstock.security.configured import token_of
from penstock.security.tls import client_context

_PROBE_TIMEOUT = 2.0


def answers(url: str, configuration: Configuration | None = None) -> bool:
    """Whether a dispatcher at the URL answers for its cluster. `configuration`: with token and TLS."""
    configuration = configuration or Configuration()
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if url.startswith("https:"):
        # by the loopback, where the process was started just now: its name says nothing
        own = configuration.with_overrides({security.SSL_VERIFY_HOSTNAME.key: "false"})
        if not own.is_set(security.SSL_TRUSTSTORE) and (certificate := own.find(security.SSL_KEYSTORE)):
            own = own.with_overrides({security.SSL_TRUSTSTORE.key: certificate})
        handlers.append(urllib.request.HTTPSHandler(context=client_context(own)))
    opener = urllib.request.build_opener(*handlers)
    request = urllib.request.Request(f"{url}/v1/overview")
    if token := token_of(configuration):
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with opener.open(request, timeout=_PROBE_TIMEOUT) as response:
            return "slots-total" in json.load(response)
    except (OSError, ValueError):
        return False


def registered_slots(coordination: Coordination, taskmanagers: Iterable[PidFile]) -> int:
    """Slots in the ledger that the processes which live now registered; 0 while Redis is away."""
    processes = list(taskmanagers)
    try:
        ledger = coordination.store.load("resourcemanager").rows
        infos = {info.taskmanager: info for info in coordination.taskmanagers.all()}
    except AWAY:
        return 0
    total = 0
    for process in processes:
        info, row = infos.get(process.name), ledger.get(f"taskmanager:{process.name}")
        if info is None or row is None or info.pid != process.pid:
            continue
        entry = decode(row, TaskManagerRow)
        if entry.incarnation == info.incarnation:
            total += entry.slots
    return total


def missing(settings: ClusterSettings, coordination: Coordination, living: Iterable[PidFile]) -> list[str]:
    """What is not up yet, in words; empty: all is."""
    waiting = [f"REST at {url}" for url in settings.rest if not answers(url, Configuration(settings.configuration))]
    registered = registered_slots(coordination, (p for p in living if p.service == "taskmanager"))
    if registered < settings.total_slots:
        waiting.append(f"{settings.total_slots - registered} of {settings.total_slots} slots")
    return waiting
