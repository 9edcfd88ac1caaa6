"""The trace that a request belongs to (W3C Trace Context), and its span if OpenTelemetry is turned on.

OpenTelemetry is imported only if it is turned on.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from twinserve.service.http.headers import HeaderLookup
from twinserve.service.settings import BadSetting, Settings
from twinserve.service.telemetry.metrics import METHODS

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

SERVICE_NAME: Final = "twinserve"
TRACEPARENT: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})(?P<span>[0-9a-f]{16})-[0-9a-f]{2}"
    r"(?P<more>-[^\n]{0,400})?\Z"
)
FLUSH_TIMEOUT: Final = 2.0
"""Seconds for sending the last spans at exit; a collector that hangs must not delay a server that stops."""


class TracePosition(NamedTuple):
    """The ids of a request's trace and of its span: our span, or else the caller's."""

    trace_id: str
    span_id: str


def callers_position(traceparent: str | None) -> TracePosition | None:
    """The position in the caller's `traceparent` header; None if it is missing or invalid, which is not an error."""
    match = TRACEPARENT.match(traceparent) if traceparent else None
    if match is None or (match["version"] == "00" and match["more"]):
        return None
    return TracePosition(match["trace"], match["span"])


class ServerSpan:
    """The span of one request, by OpenTelemetry's HTTP conventions, without its query, headers or values."""

    def __init__(self, span: Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.position = TracePosition(f"{context.trace_id:032x}", f"{context.span_id:016x}")

    def end(self, status: int, model: str | None, version: str | None) -> None:
        """End the span, with the status of the reply and the model and version that made it."""
        from opentelemetry.trace import StatusCode

        self._span.set_attribute("http.response.status_code", status)
        if model is not None:
            self._span.set_attribute("twinserve.model.name", model)
        if version is not None:
            self._span.set_attribute("twinserve.model.version", version)
        if status >= 500:  # By the conventions, a 4xx is not an error of a server's span.
            self._span.set_attribute("error.type", str(status))
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class Tracing:
    """Starts a span for each request; safe to share between threads."""

    def __init__(self, provider: TracerProvider, model: str, close: Callable[[], object] = lambda: None) -> None:
        """`close` sends the spans that are left."""
        self._tracer = provider.get_tracer(SERVICE_NAME)
        self._model, self._close = model, close

    def begin(self, method: str, path: str, scheme: str, header: HeaderLookup, route: str | None) -> ServerSpan:
        """Start a span, a child of the caller's if it sent one; `route` is the path as our table has it, None for any
        other path."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        sent = {name: value for name in ("traceparent", "tracestate") if (value := header(name)) is not None}
        caller = sent if callers_position(sent.get("traceparent")) else {}
        attributes = {
            "http.request.method": method if method in METHODS else "_OTHER",
            "url.path": path,
            "url.scheme": scheme,
            "twinserve.model.name": self._model,
        }
        verb = method if method in METHODS else "HTTP"
        if route is not None:
            attributes["http.route"] = route
        return ServerSpan(
            self._tracer.start_span(
                verb if route is None else f"{verb} {route}",
                context=TraceContextTextMapPropagator().extract(caller),
                kind=SpanKind.SERVER,
                attributes=attributes,
            )
        )

    def close(self) -> None:
        """Send the spans that are left, for at most `FLUSH_TIMEOUT` seconds."""
        last = threading.Thread(target=self._close, name="last spans", daemon=True)
        last.start()
        last.join(FLUSH_TIMEOUT)


def open_tracing(settings: Settings) -> Tracing | None:
    """Tracing as the settings say, else None: by the host app's provider if it has one, else over OTLP, configured by
    the `OTEL_*` variables. Raises `BadSetting` if OpenTelemetry is not installed."""
    if not settings.otel:
        return None
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise BadSetting("TWINSERVE_OTEL needs OpenTelemetry: pip install 'twinserve[otel]'.") from None
    host = trace.get_tracer_provider()
    if isinstance(host, TracerProvider):
        return Tracing(host, settings.model)
    attributes = {"service.name": SERVICE_NAME, **OTELResourceDetector().detect().attributes}
    provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider, settings.model, provider.shutdown)
