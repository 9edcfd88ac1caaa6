"""Which routes a door's own app may find without a router."""

from __future__ import annotations

from twinserve.service.http.routes import READ, Route, plain_paths


def test_only_the_kinds_that_were_asked_for_and_no_path_parameters() -> None:
    """One entry for each method."""
    predict = Route("predict", "/predict", ("POST",), "predict", "", "predict")
    named = Route("named", "/models/{name}/predict", ("POST",), "predict", "", "predict")
    schema = Route("schema", "/schema", READ, "read", "")
    token = Route("token", "/oauth/token", ("POST",), None, "", "token")
    routes = (predict, named, schema, token)
    assert plain_paths(routes, ("predict", "token")) == {("POST", "/predict"): predict, ("POST", "/oauth/token"): token}
    assert plain_paths(routes, ("read",)) == {("GET", "/schema"): schema, ("HEAD", "/schema"): schema}
