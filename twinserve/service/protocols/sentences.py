"""Refusals as one text, for protocols whose errors are one."""

from __future__ import annotations

import json

from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply


def sentence(problem: Problem) -> str:
    """What is wrong, with the place and the sentence of every error."""
    placed = [(error.get("pointer", error.get("parameter", "")), error["detail"]) for error in problem.errors]
    told = [f"{place}: {detail}" if place else detail for place, detail in placed]
    whole = told if problem.kind == "invalid-parameter" and told else [problem.detail, *told]
    return " ".join(whole)


def refuse(problem: Problem, _request_id: str) -> Reply:
    """`{"error": "..."}`, as KServe and Triton have it."""
    body = json.dumps({"error": sentence(problem)}, separators=(",", ":")).encode()
    return Reply(problem.status, body, headers=problem.headers)
