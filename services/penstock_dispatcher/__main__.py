"""`python -m penstock_dispatcher [-D key=value …]`: one replica of the dispatcher."""

import asyncio
import socket
import sys
from typing import Any

import structlog
import uvicorn

from penstock.client.addresses import scheme_of
from penstock.client.config import Configuration, ConfigurationError, cluster, rest, service_configuration
from penstock.coordination.logging import configure_logging
from penstock.security.configured import keyring_of, token_of
from penstock.security.exposure import check_exposure
from penstock.security.redis_urls import KnownUrls
from penstock.security.tls import server_options
from penstock.service import Service
from penstock_dispatcher.app import build_app
from penstock_dispatcher.binding import advertised_url, bind, own_url
from penstock_dispatcher.cluster_reader import ClusterReader
from penstock_dispatcher.dispatcher import Dispatcher, connect, redis_jar_store
from penstock_dispatcher.disposal_store import RedisDisposalStore
from penstock_dispatcher.exchange_collecting import ExchangeCollecting
from penstock_dispatcher.jar_runner import JarRunner
from penstock_dispatcher.metrics.cluster_exposition import ClusterExposition
from penstock_dispatcher.metrics.log_sizes import ExchangeLogSizes
from penstock_dispatcher.own_access import own_access
from penstock_dispatcher.stored_savepoints import StoredSavepoints
from penstock_dispatcher.tidying.tidying import Tidying

_log = structlog.get_logger()

#: seconds that Redis has to tell which secret the cluster has, before requests are answered (503 while it is away)
_PATIENCE = 5.0


def main() -> int:
    """Serve until SIGTERM or SIGINT; the exit status. Redis need not be up."""
    try:
        configuration = service_configuration(sys.argv[1:])
        tls = server_options(configuration)
        check_exposure(configuration, is_dispatcher=True)
        token_of(configuration), keyring_of(configuration)
        listening = bind(configuration.get(rest.BIND_ADDRESS), configuration.get(rest.BIND_PORT))
    except (ConfigurationError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    with listening, connect(configuration) as coordination:
        service = Service("dispatcher", coordination, configuration)
        configure_logging("dispatcher", service.id, folder=configuration.find(cluster.LOG_DIR))
        scheme, urls = scheme_of(configuration), KnownUrls.of(configuration)
        address = advertised_url(listening, configuration.find(rest.ADVERTISED_ADDRESS), scheme)
        service.announce(address=address)
        with (
            ExchangeCollecting(coordination.keys, coordination.keyring, urls) as collecting,
            ExchangeLogSizes(coordination.keys, urls) as sizes,
            service,
        ):
            if not service.may_serve(_PATIENCE):
                return service.status
            reader = ClusterReader(coordination)
            service.exposition.add(ClusterExposition(reader, coordination.leases, sizes))
            dispatcher = Dispatcher(
                configuration=configuration,
                coordination=coordination,
                reader=reader,
                jars=redis_jar_store(coordination),
                runner=JarRunner(
                    own_url(listening, scheme),
                    configuration.get(rest.WEB_TIMEOUT).total_seconds(),
                    own_access(configuration),
                ),
                collecting=collecting,
                disposals=RedisDisposalStore(coordination.client, coordination.keys),
                savepoints=StoredSavepoints(configuration),
                address=address,
                sizes=sizes,
                exposition=service.exposition,
            )
            _log.info("dispatcher is up", address=address)
            with Tidying(coordination, reader, dispatcher.jars, configuration):
                asyncio.run(_serve(dispatcher, service, listening, configuration, tls))
    return service.status


async def _serve(
    dispatcher: Dispatcher,
    service: Service,
    listening: socket.socket,
    configuration: Configuration,
    tls: dict[str, Any],
) -> None:
    app = build_app(dispatcher)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
            timeout_keep_alive=int(configuration.get(rest.IDLENESS_TIMEOUT).total_seconds()),
            server_header=False,
            **tls,
        )
    )
    app.state.ends = lambda: server.should_exit
    beating = asyncio.create_task(_beat(service, server))
    await server.serve(sockets=[listening])
    beating.cancel()


async def _beat(service: Service, server: uvicorn.Server) -> None:
    while True:
        service.beat()
        if service.stopping.is_set():
            server.should_exit = True  # a signal that came before the server had handlers of its own
        await asyncio.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
