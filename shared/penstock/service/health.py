"""`GET /health` of a service: 200 while its main loop advances, 503 with the reason otherwise."""

import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import structlog

_log = structlog.get_logger()

#: None: healthy; otherwise why not
HealthCheck = Callable[[], str | None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A prober that hangs up before it has the whole answer is no event either."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            _log.error("health request failed", exc_info=error)


class HealthServer:
    """An HTTP server in a thread of its own. `close` ends it."""

    def __init__(self, address: str, port: int, check: HealthCheck) -> None:
        self._http = _Server((address, port), _handler(check))
        self.port: int = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.2,), name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def start_health(port: int, check: HealthCheck, address: str = "127.0.0.1") -> HealthServer | None:
    """Serve `/health` on `address`:`port` (0: any free one); None where negative. OSError names a taken port."""
    if port < 0:
        return None
    try:
        return HealthServer(address, port, check)
    except OSError as error:
        raise OSError(error.errno, f"penstock.health.port {port} cannot be bound: {error.strerror}") from error


def _handler(check: HealthCheck) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.rstrip("/") != "/health":
                self._answer(404, {"status": "not found"})
            elif reason := check():
                self._answer(503, {"status": "unhealthy", "reason": reason})
            else:
                self._answer(200, {"status": "ok"})

        def _answer(self, status: int, body: dict[str, str]) -> None:
            payload = orjson.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a probe every second is no event."""

    return Handler
