"""The output of wrk is parsed; a run with any error is invalid."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench import wrk

NO_ERRORS = {"connect": 0, "read": 0, "write": 0, "status": 0, "timeout": 0}


def lines(**changes: Any) -> list[str]:
    """The output of wrk: its own report, then the line of the script."""
    latency = {"p50": 1500, "p90": 2000, "p95": 2500, "p99": 9000, "max": 12000}
    content = {"requests": 800, "microseconds": 4_000_000, "errors": NO_ERRORS, "latency": latency} | changes
    return ["Running 4s test @ http://127.0.0.1:1/predict", "  Requests/sec:    200.00", json.dumps(content)]


def test_requests_a_second_and_milliseconds_come_from_the_scripts_line() -> None:
    outcome = wrk.parse(lines())
    assert outcome.requests_per_second == 200.0
    assert outcome.latency["p50"] == 1.5
    assert outcome.latency["p99"] == 9.0
    assert outcome.valid


@pytest.mark.parametrize("kind", NO_ERRORS)
def test_one_error_of_any_kind_makes_a_run_invalid(kind: str) -> None:
    assert not wrk.parse(lines(errors=NO_ERRORS | {kind: 1})).valid


def test_a_run_without_any_answer_is_invalid() -> None:
    assert not wrk.parse(lines(requests=0)).valid


def test_output_without_an_outcome_is_refused() -> None:
    with pytest.raises(wrk.LoadFailed, match="no outcome"):
        wrk.parse(["unable to connect to 127.0.0.1:1 Connection refused"])
