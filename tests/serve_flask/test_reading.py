"""A body within a Flask app: limits of the app stay the app's, and a client that has gone is a problem of ours."""

from __future__ import annotations

import sys
from io import BytesIO
from types import SimpleNamespace

import pytest
from flask import Flask
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import create_environ

from serve_flask.reading import Body
from twinserve.service.http.problem import Problem


@pytest.mark.parametrize("most", [None, 6])
def test_a_limit_of_the_app_holds_for_the_chunks_of_uwsgi(most: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flask itself finds such a body empty."""
    chunks = iter((b"abcde", b"fg", b""))
    uwsgi = SimpleNamespace(opt={"http-chunked-input": True}, chunked_read=lambda: next(chunks))
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = most
    environ = create_environ(environ_overrides={"uwsgi.version": b"2", "HTTP_TRANSFER_ENCODING": "chunked"})
    with app.request_context(environ):
        body = Body()
        if most is None:
            assert body.read(-1) == b"abcdefg"
        else:
            assert body.read(9) + body.read(9) == b"abcdef"
            with pytest.raises(RequestEntityTooLarge):
                body.read(9)


class Broken(BytesIO):
    """The stream of a server whose client sent no chunk."""

    def read(self, _size: int | None = -1, /) -> bytes:
        """Fail, by no `OSError`."""
        raise EOFError


@pytest.mark.parametrize(
    "given",
    [{"wsgi.input": BytesIO(b"abc"), "CONTENT_LENGTH": "5"}, {"wsgi.input": Broken(), "wsgi.input_terminated": True}],
)
def test_a_client_that_has_gone_is_a_problem(given: dict[str, object]) -> None:
    environ = {**create_environ(), **given}
    with Flask(__name__).request_context(environ), pytest.raises(Problem, match="had arrived completely"):
        Body().read(-1)
