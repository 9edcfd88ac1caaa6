"""Send the bodies to a variant and judge its answers."""

from __future__ import annotations

import http.client
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from bench.compare.bodies import MARK, Body
from bench.server import TOLERANCE

RIGHT, REFUSED, ACCEPTED, WRONG, FAULT = "right", "refused", "accepted", "wrong", "fault"
"""Outcomes: as it should be; refused though valid (or by choice); 200 though invalid (or by choice); 200 with another
prediction; 500 and above, or no answer."""
PATIENCE: Final = 30.0


@dataclass
class Judged:
    """What became of all bodies at one variant."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """By verdict: the number of each outcome."""
    repeated: int = 0
    """Errors that repeat the caller's value."""
    faults: dict[str, int] = field(default_factory=dict)
    """The kinds of bodies that ended in a fault."""
    amiss: dict[str, int] = field(default_factory=dict)
    """The kinds of bodies with any other outcome that is not right."""
    leaks: dict[str, int] = field(default_factory=dict)
    """The kinds of bodies whose value came back in an error."""
    milliseconds: dict[str, float] = field(default_factory=dict)
    """Medians of the right answers to valid and to invalid bodies, and the slowest answer."""
    slowest: str = ""
    """The kind of the slowest."""


@dataclass(frozen=True)
class Answered:
    """One answer: status 0 for none."""

    status: int
    content: bytes
    seconds: float


def judge(port: int, bodies: Sequence[Body], expected: Sequence[Sequence[float] | None]) -> Judged:
    """Send each body once, each over a new connection; `expected` are the probabilities of the valid ones."""
    judged, times = Judged(), defaultdict[str, list[float]](list)
    counts = defaultdict[str, Counter[str]](Counter)
    slowest = 0.0
    for body, probabilities in zip(bodies, expected, strict=True):
        answered = post(port, body)
        outcome = outcome_of(body, answered, probabilities)
        counts[body.verdict][outcome] += 1
        if outcome == RIGHT:
            times[body.verdict].append(answered.seconds)
        if answered.seconds > slowest:
            slowest, judged.slowest = answered.seconds, body.kind
        _note(judged, body, answered, outcome)
    judged.counts = {verdict: dict(found) for verdict, found in counts.items()}
    judged.milliseconds = {verdict: median(found) * 1000 for verdict, found in times.items()}
    judged.milliseconds["slowest"] = slowest * 1000
    return judged


def _note(judged: Judged, body: Body, answered: Answered, outcome: str) -> None:
    if outcome == FAULT:
        judged.faults[body.kind] = judged.faults.get(body.kind, 0) + 1
    elif outcome != RIGHT and body.verdict != "choice":
        judged.amiss[body.kind] = judged.amiss.get(body.kind, 0) + 1
    if repeats(answered):
        judged.repeated += 1
        judged.leaks[body.kind] = judged.leaks.get(body.kind, 0) + 1


def repeats(answered: Answered) -> bool:
    """Does an error hold a value that was sent?"""
    return answered.status >= http.HTTPStatus.BAD_REQUEST and MARK.encode() in answered.content


def outcome_of(body: Body, answered: Answered, probabilities: Sequence[float] | None) -> str:
    """What an answer is worth."""
    if answered.status == 0 or answered.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return FAULT
    taken = answered.status == http.HTTPStatus.OK
    if body.verdict == "choice":
        return ACCEPTED if taken else REFUSED
    if body.verdict == "invalid":
        return ACCEPTED if taken else RIGHT
    if not taken:
        return REFUSED
    return RIGHT if probabilities is not None and same(answered.content, probabilities) else WRONG


def same(content: bytes, probabilities: Iterable[float]) -> bool:
    """Are these the probabilities in the answer?"""
    try:
        given: Any = json.loads(content)["probabilities"].values()
        return all(math.isclose(a, b, abs_tol=TOLERANCE) for a, b in zip(given, probabilities, strict=True))
    except (ValueError, LookupError, TypeError, AttributeError):
        return False


def post(port: int, body: Body) -> Answered:
    """Send one body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"X-Request-Id": "body"}  # An id that a server makes may hold `MARK` by chance.
    if body.content_type is not None:
        headers["Content-Type"] = body.content_type
    began = time.perf_counter()
    try:
        connection.request("POST", "/predict", body.content, headers)
        response = connection.getresponse()
        return Answered(response.status, response.read(), time.perf_counter() - began)
    except (OSError, http.client.HTTPException):
        return Answered(0, b"", time.perf_counter() - began)
    finally:
        connection.close()
