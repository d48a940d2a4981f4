"""`GET /health` of a service: 200 while its main loop advances, 503 with the reason otherwise; `GET /metrics`."""

import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import structlog
from redis.exceptions import RedisError

from penstock.security.bearer import Bearer
from penstock.service.exposition import MEDIA_TYPE
from penstock.service.outage import is_outage, what_is_wrong

_log = structlog.get_logger()

#: None: healthy; otherwise why not
HealthCheck = Callable[[], str | None]
#: text for Prometheus
Render = Callable[[], bytes]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A prober that hangs up before it has the whole answer is no event either."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            _log.error("health request failed", exc_info=error)


class HealthServer:
    """An HTTP server in a thread of its own. `close` ends it."""

    def __init__(
        self,
        address: str,
        port: int,
        check: HealthCheck,
        metrics: Render | None = None,
        bearer: Bearer | None = None,
    ) -> None:
        self._http = _Server((address, port), _handler(check, metrics, bearer))
        self.port: int = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.2,), name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def start_health(
    port: int,
    check: HealthCheck,
    address: str = "127.0.0.1",
    metrics: Render | None = None,
    bearer: Bearer | None = None,
) -> HealthServer | None:
    """Serve `/health` on `address`:`port` (0: any free one); None where negative. OSError names a taken port.

    `metrics`: what `/metrics` answers; without it there is none. `bearer`: who asks for it needs that token.
    """
    if port < 0:
        return None
    try:
        return HealthServer(address, port, check, metrics, bearer)
    except OSError as error:
        raise OSError(error.errno, f"penstock.health.port {port} cannot be bound: {error.strerror}") from error


def _handler(check: HealthCheck, metrics: Render | None, bearer: Bearer | None) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rstrip("/")
            if path == "/metrics" and metrics is not None:
                given = self.headers.get("Authorization", "").encode("latin-1")
                if bearer is None or bearer.accepts(given):
                    self._metrics(metrics)
                else:
                    self._answer(401, {"status": "a token is needed"}, bearer.challenge(bool(given)))
            elif path != "/health":
                self._answer(404, {"status": "not found"})
            elif reason := check():
                self._answer(503, {"status": "unhealthy", "reason": reason})
            else:
                self._answer(200, {"status": "ok"})

        def _metrics(self, render: Render) -> None:
            try:
                self._send(200, MEDIA_TYPE, render())
            except RedisError as error:
                if not is_outage(error):
                    raise
                self._answer(503, {"status": what_is_wrong(error), "reason": str(error)})

        def _answer(self, status: int, body: dict[str, str], headers: dict[str, str] | None = None) -> None:
            self._send(status, "application/json", orjson.dumps(body), headers)

        def _send(self, status: int, media_type: str, payload: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a probe every second is no event."""

    return Handler
