"""W3C trace context, and the spans that are sent if OpenTelemetry is on."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import SimpleQueue

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.test_rules import imported_by
from twinserve.service.telemetry.tracing import TracePosition, callers_position, open_tracing
from twinserve.testing.fakes import settings_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    "traceparent", [GOOD, f"00-{TRACE}-{SPAN}-00", f"01-{TRACE}-{SPAN}-01", f"cc-{TRACE}-{SPAN}-01-x"]
)
def test_a_valid_traceparent_says_where_the_caller_is(traceparent: str) -> None:
    """A valid `traceparent` has the ids; later versions may have more fields."""
    assert callers_position(traceparent) == TracePosition(TRACE, SPAN)


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "x",
        GOOD.upper(),
        GOOD + "\n",
        f"{GOOD},{GOOD}",
        f"{GOOD}-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"cc-{TRACE}-{SPAN}-01-{'m' * 1000}",
    ],
)
def test_anything_else_is_ignored(traceparent: str | None) -> None:
    """An invalid `traceparent` is ignored and is no error."""
    assert callers_position(traceparent) is None


def test_nothing_of_opentelemetry_is_loaded_where_it_is_off() -> None:
    """Without tracing not even OpenTelemetry's API is imported."""
    assert open_tracing(settings_of()) is None
    assert "opentelemetry" not in imported_by(
        "import twinserve.service.service; from twinserve.service.settings import Settings"
    )


class Collector(BaseHTTPRequestHandler):
    """A server that records the requests of an exporter."""

    taken: SimpleQueue[tuple[str, bytes]]

    def do_POST(self) -> None:  # The base class asks for it by this name.
        """Record the request."""
        self.taken.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_spans_go_where_the_standard_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans are sent over OTLP by the `OTEL_*` variables, at the latest at exit."""
    Collector.taken = SimpleQueue()
    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=ours")
        tracing = open_tracing(settings_of(otel=True))
        assert tracing is not None
        tracing.begin("GET", "/model", "http", {"traceparent": GOOD}.get, "/model").end(200, None, None)
        tracing.close()
        path, body = Collector.taken.get(timeout=20)
        collector.shutdown()
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert path == "/v1/traces"
    assert "ours" in [attribute.value.string_value for attribute in resource.resource.attributes]
    (span,) = resource.scope_spans[0].spans
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("GET /model", TRACE, SPAN)


def test_a_collector_that_never_answers_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector that hangs does not delay the exit."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")  # So that it gives up before the next test.
        monkeypatch.setattr("twinserve.service.telemetry.tracing.FLUSH_TIMEOUT", 0.1)
        tracing = open_tracing(settings_of(otel=True))
        assert tracing is not None
        tracing.begin("GET", "/model", "http", lambda _: None, "/model").end(200, None, None)
        closing = threading.Thread(target=tracing.close)
        closing.start()
        closing.join(5)
        assert not closing.is_alive()
        (trying,) = [thread for thread in threading.enumerate() if thread.name == "last spans"]
    trying.join()
