"""Spans: what took how long, for OpenTelemetry where it is configured (`traces.reporters`), else for nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import structlog

from penstock.client.config import Configuration
from penstock.client.config.options.metrics import TRACE_REPORTERS

_log = structlog.get_logger(__name__)

_DEFAULT_ENDPOINT = "http://127.0.0.1:4318/v1/traces"
_FACTORY = "OpenTelemetryTraceReporterFactory"


@dataclass(frozen=True, slots=True)
class SpanData:
    """`start` and `end` in ms since the epoch. `scope`: what it is a part of, as in Flink."""

    scope: str
    name: str
    start: int
    end: int
    attributes: Mapping[str, str | int | bool] = field(default_factory=dict)
    failed: bool = False


class SpanReporter(Protocol):
    """Takes spans at once and sends them in a thread of its own; raises nothing."""

    def report(self, spans: Iterable[SpanData]) -> None: ...
    def close(self) -> None:
        """Send what waits, for a few seconds at most."""


class OpenTelemetrySpans:
    """Over any exporter of OpenTelemetry's."""

    def __init__(self, exporter: Any, service_name: str, service_version: str, resource: Mapping[str, str]) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        named = {"service.name": service_name, "service.version": service_version, **resource}
        self._provider = TracerProvider(resource=Resource.create({k: v for k, v in named.items() if v}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))

    def report(self, spans: Iterable[SpanData]) -> None:
        from opentelemetry.trace import Status, StatusCode

        for told in spans:
            tracer = self._provider.get_tracer(told.scope)
            span = tracer.start_span(told.name, start_time=told.start * 1_000_000, attributes=dict(told.attributes))
            if told.failed:
                span.set_status(Status(StatusCode.ERROR))
            span.end(end_time=max(told.start, told.end) * 1_000_000)

    def close(self) -> None:
        self._provider.shutdown()


class SeveralSpans:
    """One for each reporter that is configured."""

    def __init__(self, reporters: Iterable[SpanReporter]) -> None:
        self._reporters = tuple(reporters)

    def report(self, spans: Iterable[SpanData]) -> None:
        told = tuple(spans)
        for reporter in self._reporters:
            reporter.report(told)

    def close(self) -> None:
        for reporter in self._reporters:
            reporter.close()


def span_reporter(configuration: Configuration, resource: Mapping[str, str]) -> SpanReporter | None:
    """By `traces.reporters`, None where there are none.

    One that cannot be made is left out, and the log says why: jobs do not depend on it.
    """
    made: list[SpanReporter] = []
    for name in configuration.find(TRACE_REPORTERS) or ():
        try:
            made.append(_made(name, configuration, resource))
        except (ValueError, ImportError) as error:
            _log.error("a trace reporter cannot be used", reporter=name, error=str(error))
    return SeveralSpans(made) if made else None


def _made(name: str, configuration: Configuration, resource: Mapping[str, str]) -> SpanReporter:
    def setting(key: str, default: str = "") -> str:
        return configuration.get_string(f"traces.reporter.{name}.{key}", default)

    factory, protocol = setting("factory.class", _FACTORY), setting("exporter.protocol", "HTTP")
    if not factory.endswith(_FACTORY):
        raise ValueError(
            f"traces.reporter.{name}.factory.class is {factory}: only Flink's {_FACTORY} has a counterpart"
        )
    if protocol.upper() != "HTTP":
        raise ValueError(f"traces.reporter.{name}.exporter.protocol is {protocol}: only HTTP is spoken here")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise ImportError("OpenTelemetry is not installed: pip install 'penstock[otel]'") from None
    endpoint = setting("exporter.endpoint", _DEFAULT_ENDPOINT)
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(
            f"traces.reporter.{name}.exporter.endpoint is {endpoint!r}: expected http://host:port/v1/traces"
        )
    if parts.path in ("", "/"):
        endpoint = parts._replace(path="/v1/traces").geturl()
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_seconds(name, setting("exporter.timeout", "10 s")))
    return OpenTelemetrySpans(exporter, setting("service.name", "penstock"), setting("service.version"), resource)


def _seconds(name: str, text: str) -> float:
    from penstock.client.config.values import parse_duration

    try:
        return parse_duration(text).total_seconds()
    except ValueError as error:
        raise ValueError(f"traces.reporter.{name}.exporter.timeout: {error}") from None
