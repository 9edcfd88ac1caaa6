"""One request, from its id to its line in the log."""

from __future__ import annotations

from http import HTTPStatus

from structlog.testing import capture_logs

from twinserve.service.exchange import Exchange
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.protocols.native import NATIVE
from twinserve.service.telemetry.metrics import Metrics


def exchange(*, access_log: bool = True, given_id: str | None = "mine", path: str = "/predict") -> Exchange:
    """An exchange of `POST /predict`."""
    return Exchange(
        Metrics(),
        method="POST",
        path=path,
        route="predict",
        dialect=NATIVE,
        given_id=given_id,
        access_log=access_log,
    )


def test_one_line_for_each_request() -> None:
    """The line has id, method, path, status, duration, model and version."""
    request = exchange()
    request.model, request.version = "fruit", "3"
    with capture_logs() as lines:
        request.finish(Reply(HTTPStatus.OK, b"{}"))
    (line,) = lines
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": "mine",
        "method": "POST",
        "path": "/predict",
        "status": 200,
        "model": "fruit",
        "version": "3",
    }


def test_no_line_when_the_access_log_is_off() -> None:
    """With `access_log=False` there is no line."""
    with capture_logs() as lines:
        exchange(access_log=False).finish(Reply(HTTPStatus.OK, b"{}"))
    assert lines == []


def test_a_long_path_is_cut_in_the_log() -> None:
    """A long path is cut, so that one request cannot fill the disk."""
    with capture_logs() as lines:
        exchange(path="/" + "a" * 100_000).finish(Reply(HTTPStatus.NOT_FOUND, b""))
    assert len(lines[0]["path"]) == 200


def raised() -> Exception:
    """An exception with a cause, both with a submitted value in the message."""
    try:
        try:
            raise KeyError("secret")
        except KeyError as error:
            raise ValueError("secret") from error
    except ValueError as error:
        return error


def test_a_fault_is_logged_with_where_it_was_raised_and_without_what_it_says() -> None:
    """The log has the traceback without messages, under the request's id; the reply has neither."""
    with capture_logs() as lines:
        reply = exchange(access_log=False).refuse(raised())
    (line,) = lines
    assert (line["event"], line["request_id"]) == ("fault", "mine")
    assert [word in line["traceback"] for word in ("KeyError", "ValueError", "in raised")] == [True] * 3
    assert '("secret")' in line["traceback"], "the source line, which is ours"
    assert "secret" not in line["traceback"].replace('("secret")', "")
    assert reply.status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert b"secret" not in reply.body
    assert b"mine" in reply.body


def test_a_problem_is_no_fault() -> None:
    """A `Problem` becomes the reply, and is not logged by itself."""
    with capture_logs() as lines:
        reply = exchange().refuse(Problem("not-found", "Nothing."))
    assert (lines, reply.status) == ([], 404)
