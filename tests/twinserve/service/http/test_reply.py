"""The headers that a reply has whichever request it answers."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from twinserve.service.http.reply import Reply


@pytest.mark.parametrize(("name", "value"), [("Cache-Control", "no-cache"), ("X-Content-Type-Options", "other")])
def test_a_reply_may_say_otherwise(name: str, value: str) -> None:
    """Its own header stands in place of the common one."""
    headers = Reply(HTTPStatus.OK, b"", headers=((name, value),)).fixed
    assert [given for header, given in headers if header == name] == [value]


def test_a_reply_without_a_body_has_no_type() -> None:
    """204."""
    assert "Content-Type" not in dict(Reply(HTTPStatus.NO_CONTENT, b"", None).fixed)
