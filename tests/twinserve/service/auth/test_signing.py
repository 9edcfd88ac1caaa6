"""The file of signing keys: made, renewed, and never weak."""

from __future__ import annotations

import pytest

from twinserve.service.auth import signing


def test_renewing_keeps_the_key_that_signed_until_now_and_no_older_one() -> None:
    """Tokens of the last key stay valid; a leaked key is gone after two renewals."""
    first = signing.renewed(b"")
    second = signing.renewed(first)
    third = signing.renewed(second)
    ids = [list(signing.parse(content)) for content in (first, second, third)]
    assert [len(found) for found in ids] == [1, 2, 2]
    assert ids[1][1] == ids[0][0]
    assert ids[2][1] == ids[1][0]
    assert ids[0][0] not in ids[2]


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"secret\n", b"A" * 42, b"A" * 44, b"!" * 43, b"\xff" * 43, b"A" * 43 + b"\nx"]
)
def test_a_key_that_no_machine_made_is_refused(content: bytes) -> None:
    """Keys that are too short, too long or not base64 are refused."""
    with pytest.raises(ValueError, match=r"key|base64url"):
        signing.parse(content)


def test_an_id_tells_nothing_of_the_key() -> None:
    """A key's id, which every token has, does not reveal the key."""
    ((key_id, secret),) = signing.parse(signing.renewed(b"")).items()
    assert len(key_id) == 16
    assert key_id not in secret.hex()
