"""Traces at both doors: the caller's trace in the log, and one span for each request if OpenTelemetry is on."""

from __future__ import annotations

import json

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from structlog.testing import capture_logs

from tests.contract.conftest import OpenDoors
from tests.doors import DOORS
from twinserve.service.telemetry.tracing import Tracing
from twinserve.testing.client import JSON
from twinserve.testing.fakes import RaisingPredictor, car, service_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADERS = {**JSON, "traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "vendor=value"}
BODY = json.dumps(car()).encode()
Spans = tuple[Tracing, InMemorySpanExporter]


@pytest.fixture
def spans() -> Spans:
    """Tracing into memory."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Tracing(provider, "cars"), exporter


def test_the_callers_place_stands_in_the_log(open_doors: OpenDoors) -> None:
    """The log has the ids of a valid `traceparent`, and none of an invalid one."""
    doors = open_doors(service_of(access_log=True))
    with capture_logs() as lines:
        doors.predict(BODY, HEADERS)
        doors.predict(BODY, {**JSON, "traceparent": "00-wrong"})
    good, bad = lines[: len(DOORS)], lines[len(DOORS) :]
    assert [(line["trace_id"], line["span_id"]) for line in good] == [(TRACE, SPAN)] * len(DOORS)
    assert ["trace_id" in line or "span_id" in line for line in bad] == [False] * len(DOORS)


def test_a_request_is_one_span_below_the_callers(open_doors: OpenDoors, spans: Spans) -> None:
    """The span follows the HTTP conventions, with the model's name and version; the log has its ids."""
    tracing, exporter = spans
    doors = open_doors(service_of(tracing=tracing, access_log=True))
    with capture_logs() as lines:
        doors.predict(BODY, HEADERS)
    sent = exporter.get_finished_spans()
    assert [place(span) for span in sent] == [(line["trace_id"], line["span_id"]) for line in lines]
    assert len(sent) == len(DOORS)
    for span in sent:
        assert (span.name, span.kind) == ("POST /predict", SpanKind.SERVER)
        assert span.context is not None
        assert span.parent is not None
        assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)
        assert span.context.trace_state.to_header() == "vendor=value"
        assert dict(span.attributes or {}) == {
            "http.request.method": "POST",
            "http.response.status_code": 200,
            "http.route": "/predict",
            "url.path": "/predict",
            "url.scheme": "http",
            "twinserve.model.name": "cars",
            "twinserve.model.version": "7",
        }


def place(span: ReadableSpan) -> tuple[str, str]:
    """The ids of a span as text."""
    assert span.context is not None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


@pytest.mark.parametrize(
    ("method", "path", "name", "status"),
    [("GET", "/nothing?secret=1", "GET", 404), ("BREW", "/model", "HTTP /model", 405), ("POST", "/predict", None, 500)],
)
def test_what_goes_wrong_is_a_span_too(
    open_doors: OpenDoors, spans: Spans, method: str, path: str, name: str | None, status: int
) -> None:
    """Only a 5xx makes the span an error; names of spans come from a closed set, and no attribute has the query."""
    tracing, exporter = spans
    doors = open_doors(service_of(RaisingPredictor(), tracing=tracing))
    assert doors.send(method, path, BODY, {**JSON, "traceparent": "wrong"}).status == status
    for span in exporter.get_finished_spans():
        attributes = dict(span.attributes or {})
        assert (span.name, span.parent) == (name or "POST /predict", None)
        assert attributes["http.response.status_code"] == status
        assert ("error.type" in attributes, span.status.status_code) == (
            (True, StatusCode.ERROR) if status >= 500 else (False, StatusCode.UNSET)
        )
        assert "secret" not in str(attributes)
    assert len(exporter.get_finished_spans()) == len(DOORS)
