"""A test of an endpoint with the client that Django brings."""

from __future__ import annotations

from django.test import Client


def test_predict() -> None:
    answer = Client().post("/predict", {"radius": 1}, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"radius": 1})
