"""Tells callers who sent a body of another protocol the path of this service for it, where that is spoken."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final

from twinserve.service.http.problem import Problem

PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "/invocations of an MLflow server": ("/invocations", "/invocations of this service"),
    "/v1/models/NAME:predict of such a server": (
        *("/v1/models/{name}:predict", "/v1/models/NAME:predict of this service"),
    ),
    "/invocations or /v1/models/NAME:predict of such a server": ("/invocations", "/invocations of this service"),
    "/v2/models/NAME/infer of such a server": ("/v2/models/{name}/infer", "/v2/models/NAME/infer of this service"),
}
"""By what an error about an envelope says: the path of ours that takes such a body, and what to say instead."""


def placed(problem: Problem, paths: Container[str]) -> Problem:
    """The problem, which names our own path for the body if there is one among these."""
    if len(problem.errors) != 1 or problem.errors[0].get("code") != "envelope":
        return problem
    error = problem.errors[0]
    for other, (path, ours) in PLACES.items():
        if f", for {other};" in error["detail"] and path in paths:
            told = {**error, "detail": error["detail"].replace(other, ours)}
            return Problem(problem.kind, problem.detail, errors=[told], headers=problem.headers)
    return problem
