"""The kinds of problems and the count of faults; the shape of problems is tested in
`twinserve.testing.contract.problems`."""

from __future__ import annotations

import re

import pytest

from tests.contract.conftest import OpenDoors
from twinserve.service.http.problem import KINDS
from twinserve.testing.fakes import RaisingPredictor, car, service_of


@pytest.mark.parametrize("kind", KINDS)
def test_the_status_says_whose_fault_it_is(kind: str) -> None:
    """Each kind has a 4xx or 5xx status and a title without a full stop."""
    status, title = KINDS[kind]
    assert 400 <= status < 600
    assert re.fullmatch(r"[A-Z][^.]*", title)


def test_the_service_goes_on_after_a_fault(open_doors: OpenDoors) -> None:
    """Failed predictions are counted, and the service goes on answering."""
    doors = open_doors(service_of(RaisingPredictor("scikit-learn"), max_queue=1))
    for _ in range(5):
        assert doors.predict(car()).status == 500
    assert doors.send("GET", "/health/ready").status == 200
    faults = doors.doors[0].send("GET", "/metrics").body
    assert f"twinserve_faults_total {5 * len(doors.doors)}.0".encode() in faults
