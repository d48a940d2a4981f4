"""The process: configuration, logs, leases, effects, and the loop that leads jobs."""

import sys
import time
from collections.abc import Sequence
from functools import partial
from threading import Thread

import redis
import structlog

from penstock.client.config import Configuration, ConfigurationError, cluster, service_configuration
from penstock.coordination.broker import make_app, send_hint
from penstock.coordination.connection import AWAY, REFUSED, wait_for_redis
from penstock.coordination.coordination import Coordination
from penstock.coordination.logging import configure_logging
from penstock.coordination.renewer import LeaseRenewer
from penstock.security.configured import keyring_of
from penstock.security.exposure import check_exposure
from penstock.service import Service
from penstock.service.outage import is_outage
from penstock.service.spans import SpanReporter, span_reporter
from penstock_jobmanager.checkpoint_storage import JobStorage
from penstock_jobmanager.effect_runner import EffectRunner
from penstock_jobmanager.input_logs import ExchangeInputLogs
from penstock_jobmanager.leader import Leader
from penstock_jobmanager.led_job import LedJob
from penstock_jobmanager.options import Now
from penstock_jobmanager.settings import Settings, master_options
from penstock_jobmanager.sharing import replicas
from penstock_jobmanager.suspects import Suspects

_log = structlog.get_logger(__name__)

HELP = """usage: python -m penstock_jobmanager [-D key=value …]

Hosts JobMasters: leads the jobs it wins the lease of, beside any number of other jobmanagers.
Configuration: conf/config.yaml (or $PENSTOCK_CONF_DIR), $PENSTOCK_PROPERTIES, -D. Keys that matter here:
penstock.redis.url, penstock.exchange.urls, penstock.storage.dir, cluster.id, penstock.service.id, penstock.health.port,
penstock.lease.*, penstock.job.takeover-limit, penstock.slot.claim-timeout, slot.request.timeout,
task.cancellation.timeout, web.exception-history-size; those of checkpoints and restarts where a job does not set them.
SIGTERM: gives its leases up at once and leaves; tasks run on, another jobmanager continues their jobs."""


def read_clocks() -> Now:
    """The clocks that the machines are told."""
    return Now(wall=time.time_ns() // 1_000_000, mono=time.monotonic())


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 after SIGTERM, 2 for a wrong configuration."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0
    try:
        configuration = service_configuration(arguments)
        settings = Settings.of(configuration)
        check_exposure(configuration)
    except (ConfigurationError, ValueError) as error:
        print(f"penstock_jobmanager: {error}", file=sys.stderr)
        return 2
    return serve(configuration, settings)


def serve(configuration: Configuration, settings: Settings) -> int:
    """Lead jobs until SIGTERM."""
    keyring = keyring_of(configuration)
    coordination = Coordination.connect(settings.redis_url, settings.cluster_id, settings.storage_dir, keyring)
    service = Service("jobmanager", coordination, configuration)
    configure_logging(service.name, service.id, folder=configuration.find(cluster.LOG_DIR))
    logs = ExchangeInputLogs(settings.exchange_urls, coordination.keys, keyring)
    app = make_app(settings.redis_url, settings.cluster_id)
    hint = partial(send_hint, app, keyring=keyring)
    effects = EffectRunner(coordination.events, coordination.keys, logs, hint, coordination.blobs, JobStorage)
    spans = span_reporter(configuration, {"service.instance.id": service.id})
    with coordination, service:
        _log.info("starting", redis=_place(settings.redis_url), cluster=settings.cluster_id)
        status = 0
        try:
            wait_for_redis(settings.redis_url, stop=service.stopping.is_set)
            status = _lead(service, coordination, configuration, settings, effects, spans)
        except REFUSED as error:
            _log.error("Redis refuses us: check penstock.redis.url", error=str(error))
            status = 1
        except AWAY:
            # only a SIGTERM ends the wait for a Redis that never came
            if not service.stopping.is_set():
                raise
            status = service.status
        effects.close()
        if spans is not None:
            spans.close()
        logs.close()
        app.close()
        _log.info("left")
    return status


def _lead(
    service: Service,
    coordination: Coordination,
    configuration: Configuration,
    settings: Settings,
    effects: EffectRunner,
    spans: SpanReporter | None,
) -> int:
    with LeaseRenewer(settings.redis_url, settings.cluster_id, settings.lease_ttl, settings.lease_interval) as renewer:
        service.beats.append(renewer.beat)
        leader = Leader(
            coordination,
            renewer,
            effects,
            lambda job, epoch: LedJob(job, epoch, coordination, configuration, effects, read_clocks, spans),
            lease_ttl=settings.lease_ttl,
            lease_interval=settings.lease_interval,
            poll=settings.lease_poll / 1000,
            id=service.id,
            others=lambda: replicas(coordination.registry.alive(), service.id),
            suspects=Suspects(master_options(configuration)),
        )

        service.exposition.add(leader.show)

        def step() -> None:
            leader.step()
            service.announce("RUNNING", leader.jobs)

        waker = Thread(target=_wake, args=(service, coordination), name="waker", daemon=True)
        waker.start()
        status = service.run(step)
        leader.close()
        waker.join()
    return status


def _wake(service: Service, coordination: Coordination) -> None:
    """End the blocking read of the main loop when the process is to leave."""
    service.stopping.wait()
    try:
        coordination.leases.wake()
    except redis.RedisError as error:
        if not is_outage(error):
            raise
        _log.info("leaving without a wake-up", error=str(error))


def _place(url: str) -> str:
    return url.rpartition("@")[2]
