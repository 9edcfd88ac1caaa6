"""Which trace a request belongs to (W3C Trace Context), and its span where OpenTelemetry is turned on.

OpenTelemetry is imported where it is turned on, and nowhere else.
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
LAST_WORDS: Final = 2.0
"""Seconds that spans get to leave at the end; a collector that hangs must not hold up a server that stops."""


class Place(NamedTuple):
    """Where in a trace a request is: the span is ours where there is one, else the caller's."""

    trace_id: str
    span_id: str


def callers_place(traceparent: str | None) -> Place | None:
    """What the caller's header says; none where it is missing or not valid, which is no fault of the request."""
    found = TRACEPARENT.match(traceparent) if traceparent else None
    if found is None or (found["version"] == "00" and found["more"]):
        return None
    return Place(found["trace"], found["span"])


class ServerSpan:
    """One request as OpenTelemetry's HTTP conventions describe it; no query, header or value of it."""

    def __init__(self, span: Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.place = Place(f"{context.trace_id:032x}", f"{context.span_id:016x}")

    def end(self, status: int, version: str | None) -> None:
        """The reply is made."""
        from opentelemetry.trace import StatusCode

        self._span.set_attribute("http.response.status_code", status)
        if version is not None:
            self._span.set_attribute("twinserve.model.version", version)
        if status >= 500:  # What is the caller's fault is none of a server's span.
            self._span.set_attribute("error.type", str(status))
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class Tracing:
    """Begins a span for each request; shared by all threads of a process."""

    def __init__(self, provider: TracerProvider, model: str, close: Callable[[], object] = lambda: None) -> None:
        """`close` sends what is left."""
        self._tracer = provider.get_tracer(SERVICE_NAME)
        self._model, self._close = model, close

    def begin(self, method: str, path: str, scheme: str, header: HeaderLookup, *, known: bool) -> ServerSpan:
        """A span below the caller's; `known`: is the path one of the contract's?"""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        sent = {name: value for name in ("traceparent", "tracestate") if (value := header(name)) is not None}
        caller = sent if callers_place(sent.get("traceparent")) else {}
        attributes = {
            "http.request.method": method if method in METHODS else "_OTHER",
            "url.path": path,
            "url.scheme": scheme,
            "twinserve.model.name": self._model,
        }
        verb = method if method in METHODS else "HTTP"
        if known:
            attributes["http.route"] = path  # No path of the contract has a parameter.
        return ServerSpan(
            self._tracer.start_span(
                f"{verb} {path}" if known else verb,
                context=TraceContextTextMapPropagator().extract(caller),
                kind=SpanKind.SERVER,
                attributes=attributes,
            )
        )

    def close(self) -> None:
        """Send what is left, as far as that goes quickly."""
        last = threading.Thread(target=self._close, name="last spans", daemon=True)
        last.start()
        last.join(LAST_WORDS)


def open_tracing(settings: Settings) -> Tracing | None:
    """Tracing as the settings say: by the host app's provider if there is one, else over OTLP as `OTEL_*` say."""
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
    hosts = trace.get_tracer_provider()
    if isinstance(hosts, TracerProvider):
        return Tracing(hosts, settings.model)
    named = {"service.name": SERVICE_NAME, **OTELResourceDetector().detect().attributes}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider, settings.model, provider.shutdown)
