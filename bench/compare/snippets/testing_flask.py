"""A test of an endpoint with the client that Flask brings."""

from __future__ import annotations

from flask import Flask


def test_predict(app: Flask) -> None:
    answer = app.test_client().post("/predict", json={"radius": 1})
    assert (answer.status_code, answer.json) == (200, {"radius": 1})
