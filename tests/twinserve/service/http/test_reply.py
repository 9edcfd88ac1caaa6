"""The headers that a reply has for any request."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from twinserve.service.http.reply import Reply


@pytest.mark.parametrize(("name", "value"), [("Cache-Control", "no-cache"), ("X-Content-Type-Options", "other")])
def test_a_reply_may_say_otherwise(name: str, value: str) -> None:
    """A reply's own header replaces the common one."""
    headers = Reply(HTTPStatus.OK, b"", headers=((name, value),)).fixed
    assert [given for header, given in headers if header == name] == [value]


def test_a_reply_without_a_body_has_no_type() -> None:
    """A 204 has no Content-Type."""
    assert "Content-Type" not in dict(Reply(HTTPStatus.NO_CONTENT, b"", None).fixed)
