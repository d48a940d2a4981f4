"""Spans as OpenTelemetry sends them, to a receiver of the test's own."""

import gzip
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import structlog

from penstock.client.config import Configuration, load_configuration
from penstock.service.spans import SpanData, span_reporter

SPAN = SpanData(
    "scope", "Checkpoint", 1_700_000_000_000, 1_700_000_000_250, {"checkpointId": 7, "size": 5}, failed=True
)


class Receiver:
    """An OTLP collector over HTTP: remembers what it was sent."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.paths.append(self.path)
                receiver.bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") else body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def settings(endpoint: str, **more: str) -> Configuration:
    reporter = {"exporter.endpoint": endpoint, "factory.class": "a.b.OpenTelemetryTraceReporterFactory", **more}
    return load_configuration(
        {"traces.reporters": "mine", **{f"traces.reporter.mine.{key}": value for key, value in reporter.items()}}
    )


@pytest.mark.parametrize("path", ["", "/", "/v1/traces"])
def test_spans_arrive_with_their_times_and_attributes(receiver: Receiver, path: str) -> None:
    proto = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    reporter = span_reporter(settings(receiver.address + path), {"service.instance.id": "jm-1"})
    assert reporter is not None
    reporter.report([SPAN])
    reporter.close()
    assert receiver.paths == ["/v1/traces"]
    request = proto.ExportTraceServiceRequest.FromString(receiver.bodies[0])
    (resource,) = request.resource_spans
    named = {a.key: a.value.string_value for a in resource.resource.attributes}
    assert (named["service.name"], named["service.instance.id"]) == ("penstock", "jm-1")
    ((span,),) = [scope.spans for scope in resource.scope_spans]
    assert (span.name, resource.scope_spans[0].scope.name) == ("Checkpoint", "scope")
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (
        1_700_000_000_000_000_000,
        1_700_000_000_250_000_000,
    )
    assert {a.key: a.value.int_value for a in span.attributes} == {"checkpointId": 7, "size": 5}
    assert span.status.code == 2  # ERROR


def test_without_reporters_there_are_no_spans() -> None:
    assert span_reporter(Configuration(), {}) is None


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"exporter.protocol": "gRPC"}, "exporter.protocol is gRPC: only HTTP"),
        ({"factory.class": "x.SlackReporter"}, "factory.class is x.SlackReporter: only Flink's"),
        ({"exporter.endpoint": "collector"}, "exporter.endpoint is 'collector': expected http://"),
        ({"exporter.timeout": "soon"}, "exporter.timeout"),
    ],
)
def test_a_reporter_that_cannot_be_made_is_told_and_left_out(more: dict[str, str], problem: str) -> None:
    with structlog.testing.capture_logs() as logs:
        assert span_reporter(settings("http://127.0.0.1:1", **more), {}) is None
    ((event, error),) = [(line["event"], line["error"]) for line in logs]
    assert event == "a trace reporter cannot be used"
    assert problem in error


def test_without_the_library_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with structlog.testing.capture_logs() as logs:
        assert span_reporter(settings("http://127.0.0.1:1"), {}) is None
    assert "pip install 'penstock[otel]'" in logs[0]["error"]
