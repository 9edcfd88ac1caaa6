"""Failures of the service or the model: 500, 503, 504; no reply holds a submitted value."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pytest

from twinserve.predict.predictor import Predictions, Predictor
from twinserve.service.service import Service
from twinserve.service.telemetry.metrics import Metrics
from twinserve.testing.client import REQUEST_ID, Client, Serve
from twinserve.testing.contract.problems import INVALID_IDS, MARKER, NUMBER, VALID_IDS, require_problem
from twinserve.testing.contract.suite import OpenedSuite
from twinserve.testing.fakes import (
    CLASSES,
    BlockedPredictor,
    GivenPredictor,
    PickyPredictor,
    RaisingPredictor,
    car,
    given,
    service_of,
    settings_of,
)

BROKEN: Final[dict[str, Predictor]] = {
    "raises": RaisingPredictor(),
    "raises in the pool": RaisingPredictor("scikit-learn"),
    "gives no rows": given([], np.empty((0, 3))),
    "gives too many rows": given([0, 1], np.full((2, 3), 1 / 3)),
    "gives fewer probabilities than labels": given([0], np.empty((0, 3))),
    "gives too few columns": given([0], np.array([[0.5, 0.5]])),
    "gives too many columns": given([0], np.array([[0.25, 0.25, 0.25, 0.25]])),
    "gives a label that is no class": given([len(CLASSES)], np.array([[1.0, 0, 0]])),
    "gives nothing": GivenPredictor(Predictions()),
}
UNUSABLE: Final[dict[str, Predictor]] = {
    "gives NaN": given([0], np.array([[0.5, np.nan, 0.5]])),
    "gives infinity": given([0], np.array([[np.inf, 0, 0]])),
    "gives a value that is NaN": GivenPredictor(Predictions(values=np.array([np.nan]))),
    "gives no label": given([-1]),
}
array = pytest.mark.parametrize("array", [False, True])


def marked() -> list[Any]:
    """Bodies that each hold a marker or a marked number as one value, for every value of a car."""
    bodies: list[Any] = [MARKER, NUMBER, [MARKER], {"x": MARKER}, {"x": {"y": [NUMBER]}}]
    for value in (MARKER, NUMBER, [MARKER], {"x": MARKER}, [[NUMBER]], -NUMBER):
        for field in car():
            bodies += [car(**{field: value}), [car(), car(**{field: value})]]
        for field in car()["engine"]:
            bodies.append(car(engine=car()["engine"] | {field: value}))
        bodies += [car(wheels=[1, value, 1, 1]), car(unknown=value)]
    return bodies


class FaultsContract(OpenedSuite):
    """A service without a model, with a slow model and with broken ones."""

    def test_413_and_404_are_problems(self, serve: Serve) -> None:
        """A body over `max_body` and an unknown path are refused with a problem."""
        served = serve(service_of(max_body=10_000))
        require_problem(served.predict(b" " * 20_000), "too-large")
        answer = served.send("GET", "/nowhere")
        require_problem(answer, "not-found")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("given_id", [*VALID_IDS, *INVALID_IDS])
    def test_a_404_has_a_request_id(self, served: Client, given_id: str) -> None:
        """A 404 has the request id in header and body: the one sent, if it is valid, else a new one."""
        answer = served.send("GET", "/nowhere", headers={"X-Request-Id": given_id})
        assert answer.json()["instance"] == answer.headers["X-Request-Id"]
        assert (answer.headers["X-Request-Id"] == given_id) == (given_id in VALID_IDS)
        assert answer.headers["Server-Timing"].startswith("total;dur=")

    def test_a_404_does_not_repeat_the_path(self, served: Client) -> None:
        """A 404 holds no part of the path or the query that was sent."""
        answer = served.send("GET", f"/{MARKER}?{MARKER}=1")
        assert answer.status == 404
        assert MARKER.lower().encode() not in answer.body.lower()
        assert MARKER not in str(answer.headers)

    def test_500_is_a_problem(self, serve: Serve) -> None:
        """A predictor that raises is answered with a 500 problem."""
        require_problem(serve(service_of(RaisingPredictor())).predict(car()), "internal")

    def test_503_is_a_problem(self, serve: Serve) -> None:
        """Without a model, every path that needs one is a 503 problem; the others are 200."""
        served = serve(Service(settings_of(), Metrics(), None))
        require_problem(served.predict(car()), "unavailable")
        for path in ("/schema", "/openapi.json", "/model", "/health/ready"):
            require_problem(served.send("GET", path), "unavailable")
        for path in ("/health/live", "/docs", "/"):
            assert served.send("GET", path).status == 200

    def test_504_is_a_problem(self, serve: Serve) -> None:
        """A prediction that takes longer than `predict_timeout` is answered with a 504 problem."""
        predictor = BlockedPredictor()
        served = serve(service_of(predictor, predict_timeout=0.05))
        require_problem(served.predict(car()), "prediction-timeout")
        predictor.go_on.set()

    @pytest.mark.parametrize("policy", ["warn", "reject"])
    def test_no_reply_holds_a_submitted_value(self, serve: Serve, policy: str) -> None:
        """Neither errors nor warnings hold a submitted value, whichever field it was in."""
        served = serve(service_of(out_of_range=policy))
        for body in marked():
            answer = served.predict(body)
            assert answer.status in (200, 422)
            assert MARKER.encode() not in answer.body
            assert b"918273" not in answer.body

    @pytest.mark.parametrize("name", BROKEN)
    @array
    def test_a_broken_predictor_is_a_500_without_details(self, serve: Serve, name: str, *, array: bool) -> None:
        """A 500 has no traceback, message or value, but the request id under which the log has the details."""
        instance = car(maker=MARKER, age=7.918273)
        answer = serve(service_of(BROKEN[name])).predict([instance] if array else instance)
        assert (answer.status, answer.json()["instance"]) == (500, REQUEST_ID)
        for secret in (MARKER, "918273", "Traceback", "Error", ".py", "cannot", "nan", "predictor"):
            assert secret not in answer.body.decode()

    @pytest.mark.parametrize("name", UNUSABLE)
    @array
    def test_an_unusable_prediction_is_422_and_no_fault(self, serve: Serve, name: str, *, array: bool) -> None:
        """A row with a NaN, infinite or missing prediction is 422 `unpredictable`; no fault is counted."""
        instance = car(maker=MARKER, age=7.918273)
        service = service_of(UNUSABLE[name])
        answer = serve(service).predict([instance] if array else instance)
        assert (answer.status, answer.json()["instance"]) == (422, REQUEST_ID)
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/0" if array else "", "unpredictable")
        for secret in (MARKER, "918273", "nan", "predictor"):
            assert secret not in answer.body.decode()
        assert b"twinserve_faults_total 0.0" in service.metrics.render()

    def test_the_service_goes_on_after_a_fault(self, serve: Serve) -> None:
        """After failed predictions the service is still ready, and each failure is counted."""
        service = service_of(RaisingPredictor("scikit-learn"), max_queue=1)
        served = serve(service)
        for _ in range(5):
            assert served.predict(car()).status == 500
        assert served.send("GET", "/health/ready").status == 200
        counted = re.search(rb"^twinserve_faults_total ([0-9.]+)$", service.metrics.render(), re.MULTILINE)
        assert counted
        assert float(counted[1]) >= 5

    def test_rows_that_the_model_refuses_are_422(self, serve: Serve) -> None:
        """The error list of a batch names exactly the rows that the model refuses, without their values."""
        served = serve(service_of(PickyPredictor("scikit-learn")))
        answer = served.predict([car(), car(age=77.5), car(), car(age=88.5)])
        assert answer.status == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
            ("/1", "unpredictable"),
            ("/3", "unpredictable"),
        ]
        assert b"77.5" not in answer.body
        assert served.predict(car(age=77.5)).json()["errors"][0]["pointer"] == ""
        assert served.predict([car(), car()]).status == 200

    def test_max_depth_bounds_nesting(self, serve: Serve) -> None:
        """Nesting over `max_depth` is 422 `depth`, whatever else is wrong; up to it, malformed is 400."""
        served = serve(service_of(max_depth=5))
        codes = [served.predict(b"[" * depth + b"]" * depth).json()["errors"][0]["code"] for depth in (5, 6, 5000)]
        assert codes == ["type", "depth", "depth"]
        assert served.predict(b"[" * 6 + b"]" * 5).status == 422
        assert served.predict(b"[" * 5 + b"]" * 4).status == 400
        assert served.predict([car()]).status == 200
