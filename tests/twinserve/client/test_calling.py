"""When a call asks again, and when it gives up: its steps, driven by hand with a clock of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from twinserve.client.calling import AGENT, Caller
from twinserve.client.errors import ConnectionFailed, TimedOut
from twinserve.client.messages import Response, Send, Wait
from twinserve.client.retrying import NEVER, Retries
from twinserve.client.token import Credentials
from twinserve.errors import AskedWrongly

URL = "https://host/predict"
Outcome = int | Exception | Response


def response(status: int, **headers: str) -> Response:
    """An answer without a body."""
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


class Drive:
    """Runs the steps of one call: each attempt takes a second and has the next outcome."""

    def __init__(
        self, outcomes: Sequence[Outcome], retries: Retries, timeout: float = 30.0, *, once: bool = False
    ) -> None:
        self.now = 0.0
        self._outcomes: Iterator[Outcome] = iter(outcomes)
        self.waits: list[float] = []
        self.sent: list[Send] = []
        caller = Caller("https://host", Credentials(), timeout, retries, clock=lambda: self.now)
        self._steps = caller.call("POST", URL, b"{}", once=once)

    def run(self) -> int:
        """The status that the call ends with."""
        result: Any = None
        failure: Exception | None = None
        while True:
            try:
                action = self._steps.throw(failure) if failure else self._steps.send(result)
            except StopIteration as end:
                return int(end.value.status)
            result = failure = None
            if isinstance(action, Wait):
                self.waits.append(action.seconds)
                self.now += action.seconds
                continue
            assert isinstance(action, Send)
            self.sent.append(action)
            self.now += 1
            outcome = next(self._outcomes)
            if isinstance(outcome, Exception):
                failure = outcome
            else:
                result = response(outcome) if isinstance(outcome, int) else outcome


REFUSED = ConnectionFailed("nobody listens")
LOST = ConnectionFailed("it broke", was_sent=True)


@pytest.mark.parametrize("outcome", [REFUSED, LOST, 429, 502, 503, 504])
def test_what_may_pass_is_asked_again(outcome: Outcome) -> None:
    drive = Drive([outcome, outcome, 200], Retries())
    assert (drive.run(), len(drive.sent), len(drive.waits)) == (200, 3, 2)


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 405, 408, 413, 415, 422, 431, 500, 501])
def test_no_other_answer_is(status: int) -> None:
    assert Drive([status], Retries()).run() == status


@pytest.mark.parametrize("error", [TimedOut("late"), ConnectionFailed("untrusted", is_final=True)])
def test_neither_is_what_would_fail_alike(error: Exception) -> None:
    """Or what has taken its time already."""
    with pytest.raises(type(error)):
        Drive([error], Retries()).run()


def test_the_last_outcome_is_told() -> None:
    assert Drive([503, 503, 429], Retries(most=2)).run() == 429
    with pytest.raises(ConnectionFailed, match="it broke"):
        Drive([503, LOST], Retries(most=1)).run()
    assert Drive([503], NEVER).run() == 503
    assert Drive([503], Retries(), once=True).run() == 503


def test_pauses_double_and_each_is_a_random_share() -> None:
    drive = Drive([503] * 9, Retries(most=8, first=0.5, longest=4, total=1000))
    drive.run()
    tops = [0.5, 1, 2, 4, 4, 4, 4, 4]
    assert all(0 <= wait <= top for wait, top in zip(drive.waits, tops, strict=True))
    assert len(set(drive.waits)) == 8
    full = [Retries(first=0.5, longest=4).pause(number, REFUSED, 60, chance=lambda: 1.0) for number in range(1, 6)]
    assert full == [0.5, 1, 2, 4, 4]


def test_the_server_is_not_asked_before_it_says() -> None:
    """Some jitter comes on top, as others were told the same."""
    drive = Drive([response(503, retry_after="3"), 200], Retries(first=0.5))
    assert drive.run() == 200
    assert 3 <= drive.waits[0] <= 3.5


def test_a_call_ends_in_time() -> None:
    """No pause is begun that would end after the total, and no attempt may outlast it."""
    drive = Drive([response(429, retry_after="100")], Retries(total=60))
    assert (drive.run(), drive.waits) == (429, [])
    drive = Drive([response(503, retry_after="4")] * 9, Retries(most=8, first=0.001, total=12), timeout=5.0)
    assert drive.run() == 503
    assert (len(drive.sent), drive.now < 12) == (3, True)
    assert [round(one.request.timeout, 1) for one in drive.sent] == [5.0, 5.0, 2.0]


def test_an_attempt_may_take_its_timeout_even_if_that_is_more_than_the_total() -> None:
    drive = Drive([200], Retries(total=60), timeout=300.0)
    drive.run()
    assert drive.sent[0].request.timeout == 300.0


def test_every_attempt_is_the_same_request() -> None:
    drive = Drive([503, 200], Retries())
    drive.run()
    first, second = (dict(one.request.headers) for one in drive.sent)
    assert first == second
    assert first["User-Agent"] == AGENT
    assert len(first["X-Request-Id"]) == 32


@pytest.mark.parametrize("wrong", [{"most": -1}, {"first": 0}, {"longest": -1}, {"total": 0}])
def test_retries_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(AskedWrongly, match="retries"):
        Retries(**wrong)
