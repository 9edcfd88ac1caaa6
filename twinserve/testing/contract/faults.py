"""What is said where something is wrong with the service or the model: 500, 503, 504, and never a submitted value."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pytest

from twinserve.predict.predictor import Predictions, Predictor
from twinserve.service.service import Service
from twinserve.service.telemetry.metrics import Metrics
from twinserve.testing.client import REQUEST_ID, Client, Serve
from twinserve.testing.contract.problems import BAD_IDS, GOOD_IDS, MARKER, NUMBER, require_problem
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
SILENT: Final[dict[str, Predictor]] = {
    "gives NaN": given([0], np.array([[0.5, np.nan, 0.5]])),
    "gives infinity": given([0], np.array([[np.inf, 0, 0]])),
    "gives a value that is NaN": GivenPredictor(Predictions(values=np.array([np.nan]))),
    "gives no label": given([-1]),
}
array = pytest.mark.parametrize("array", [False, True])


def marked() -> list[Any]:
    """Bodies with a marker in every place that a value may take, one place at a time."""
    bodies: list[Any] = [MARKER, NUMBER, [MARKER], {"x": MARKER}, {"x": {"y": [NUMBER]}}]
    for value in (MARKER, NUMBER, [MARKER], {"x": MARKER}, [[NUMBER]], -NUMBER):
        for field in car():
            bodies += [car(**{field: value}), [car(), car(**{field: value})]]
        for field in car()["engine"]:
            bodies.append(car(engine=car()["engine"] | {field: value}))
        bodies += [car(wheels=[1, value, 1, 1]), car(unknown=value)]
    return bodies


class FaultsContract(OpenedSuite):
    """A service without a model, with a slow one and with broken ones."""

    def test_too_large_and_an_unknown_path_have_the_one_shape(self, serve: Serve) -> None:
        """413 by a setting, and 404 in a door that is the whole app."""
        served = serve(service_of(max_body=10_000))
        require_problem(served.predict(b" " * 20_000), "too-large")
        answer = served.send("GET", "/nowhere")
        require_problem(answer, "not-found")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("given_id", [*GOOD_IDS, *BAD_IDS])
    def test_an_unknown_path_has_an_id_too(self, served: Client, given_id: str) -> None:
        """The caller's own where it is good, in header and body."""
        answer = served.send("GET", "/nowhere", headers={"X-Request-Id": given_id})
        assert answer.json()["instance"] == answer.headers["X-Request-Id"]
        assert (answer.headers["X-Request-Id"] == given_id) == (given_id in GOOD_IDS)
        assert answer.headers["Server-Timing"].startswith("total;dur=")

    def test_no_path_comes_back(self, served: Client) -> None:
        """It is a value of the caller's, too."""
        answer = served.send("GET", f"/{MARKER}?{MARKER}=1")
        assert answer.status == 404
        assert MARKER.lower().encode() not in answer.body.lower()
        assert MARKER not in str(answer.headers)

    def test_a_fault_has_the_one_shape(self, serve: Serve) -> None:
        """500."""
        require_problem(serve(service_of(RaisingPredictor())).predict(car()), "internal")

    def test_being_unavailable_has_the_one_shape(self, serve: Serve) -> None:
        """503, on every path that needs a model."""
        served = serve(Service(settings_of(), Metrics(), None))
        require_problem(served.predict(car()), "unavailable")
        for path in ("/schema", "/openapi.json", "/model", "/health/ready"):
            require_problem(served.send("GET", path), "unavailable")
        for path in ("/health/live", "/docs", "/"):
            assert served.send("GET", path).status == 200

    def test_a_prediction_that_takes_too_long_has_the_one_shape(self, serve: Serve) -> None:
        """504."""
        predictor = BlockedPredictor()
        served = serve(service_of(predictor, predict_timeout=0.05))
        require_problem(served.predict(car()), "prediction-timeout")
        predictor.go_on.set()

    @pytest.mark.parametrize("policy", ["warn", "reject"])
    def test_no_reply_holds_a_submitted_value(self, serve: Serve, policy: str) -> None:
        """Not in an error, not in a warning, wherever it was put."""
        served = serve(service_of(out_of_range=policy))
        for body in marked():
            answer = served.predict(body)
            assert answer.status in (200, 422)
            assert MARKER.encode() not in answer.body
            assert b"918273" not in answer.body

    @pytest.mark.parametrize("name", BROKEN)
    @array
    def test_a_predictor_that_fails_is_a_500_that_tells_nothing(self, serve: Serve, name: str, *, array: bool) -> None:
        """No traceback, no message, no value; and the request's id, under which the log tells more."""
        instance = car(maker=MARKER, age=7.918273)
        answer = serve(service_of(BROKEN[name])).predict([instance] if array else instance)
        assert (answer.status, answer.json()["instance"]) == (500, REQUEST_ID)
        for secret in (MARKER, "918273", "Traceback", "Error", ".py", "cannot", "nan", "predictor"):
            assert secret not in answer.body.decode()

    @pytest.mark.parametrize("name", SILENT)
    @array
    def test_an_answer_that_is_no_number_is_none_and_no_fault(self, serve: Serve, name: str, *, array: bool) -> None:
        """422 for the row, without a value; the service is not to blame for what a model says of a number."""
        instance = car(maker=MARKER, age=7.918273)
        service = service_of(SILENT[name])
        answer = serve(service).predict([instance] if array else instance)
        assert (answer.status, answer.json()["instance"]) == (422, REQUEST_ID)
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/0" if array else "", "unpredictable")
        for secret in (MARKER, "918273", "nan", "predictor"):
            assert secret not in answer.body.decode()
        assert b"twinserve_faults_total 0.0" in service.metrics.render()

    def test_the_service_goes_on_after_a_fault(self, serve: Serve) -> None:
        """One bad prediction spoils no other request, and each is counted."""
        service = service_of(RaisingPredictor("scikit-learn"), max_queue=1)
        served = serve(service)
        for _ in range(5):
            assert served.predict(car()).status == 500
        assert served.send("GET", "/health/ready").status == 200
        counted = re.search(rb"^twinserve_faults_total ([0-9.]+)$", service.metrics.render(), re.MULTILINE)
        assert counted
        assert float(counted[1]) >= 5

    def test_values_that_the_model_refuses_are_422_with_their_rows(self, serve: Serve) -> None:
        """A batch with some of them names exactly those, and no value."""
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

    def test_nesting_is_bounded_by_its_setting(self, serve: Serve) -> None:
        """422 with a code of its own one deeper than allowed, whatever else is wrong; up to there malformed wins."""
        served = serve(service_of(max_depth=5))
        codes = [served.predict(b"[" * depth + b"]" * depth).json()["errors"][0]["code"] for depth in (5, 6, 5000)]
        assert codes == ["type", "depth", "depth"]
        assert served.predict(b"[" * 6 + b"]" * 5).status == 422
        assert served.predict(b"[" * 5 + b"]" * 4).status == 400
        assert served.predict([car()]).status == 200
