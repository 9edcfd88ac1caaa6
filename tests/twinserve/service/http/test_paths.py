"""Finding what answers a path without a framework, as a framework would."""

from __future__ import annotations

import pytest

from twinserve.service.http.paths import Patterns, Plain
from twinserve.service.http.routes import READ, Route

PREDICT = Route("predict", "/predict", ("POST",), "predict", "", "predict")
NAMED = Route("named", "/models/{name}/predict", ("POST",), "predict", "", "predict")
INFER = Route("infer", "/v2/models/{name}/versions/{version}/infer", ("POST",), "predict", "", "predict")
COLON = Route("colon", "/v1/models/{name}:predict", ("POST",), "predict", "", "predict")
SCHEMA = Route("schema", "/schema", READ, "read", "")
ROUTES = (PREDICT, NAMED, INFER, COLON, SCHEMA)
PLAIN = Plain(ROUTES, lambda route: route.name)


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("POST", "/predict", ("predict", {})),
        ("GET", "/schema", ("schema", {})),
        ("HEAD", "/schema", ("schema", {})),
        ("POST", "/models/loans/predict", ("named", {"name": "loans"})),
        ("POST", "/v2/models/loans/versions/3/infer", ("infer", {"name": "loans", "version": "3"})),
        ("POST", "/v1/models/loans:predict", ("colon", {"name": "loans"})),
        ("POST", "/v1/models/a:b:predict", ("colon", {"name": "a:b"})),
        ("POST", "/models/{name}/predict", ("named", {"name": "{name}"})),
        ("POST", "/models/a.b/predict", ("named", {"name": "a.b"})),
        ("GET", "/predict", None),
        ("GET", "/models/loans/predict", None),
        ("POST", "/models//predict", None),
        ("POST", "/models/a/b/predict", None),
        ("POST", "/models/loans/predict/", None),
        ("POST", "/models/loans/predict\n", None),
        ("POST", "/models/h\xe9/predict", None),
        ("POST", "x/models/loans/predict", None),
    ],
)
def test_a_path_is_found_with_its_parameters(method: str, path: str, found: object) -> None:
    """A part that callers choose is not empty and has no slash; what is not ASCII is left to the framework."""
    assert PLAIN.find(method, path) == found


def test_without_such_paths_there_is_nothing_to_match() -> None:
    assert Patterns([PREDICT, SCHEMA]).match("/predict") is None
    assert Plain([], lambda route: route).find("POST", "/predict") is None
