"""A test of an endpoint with the client that FastAPI brings."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient


def test_predict(app: FastAPI) -> None:
    answer = TestClient(app).post("/predict", json={"radius": 1})
    assert (answer.status_code, answer.json()) == (200, {"radius": 1})
