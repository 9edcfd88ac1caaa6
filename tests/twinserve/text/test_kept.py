"""Few results are kept, and of short texts only."""

from __future__ import annotations

import pytest

from twinserve.text import kept
from twinserve.text.kept import LONGEST, Kept


def test_what_is_kept_is_not_made_again_until_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    made: list[str] = []

    def length(text: str) -> int:
        made.append(text)
        return len(text)

    lengths = Kept(length)
    assert [lengths[text] for text in ("a", "bb", "a", "ccc", "a")] == [1, 2, 1, 3, 1]
    assert made == ["a", "bb", "ccc", "a"]


def test_a_long_text_is_not_kept() -> None:
    lengths = Kept(len)
    assert lengths["a" * (LONGEST + 1)] == LONGEST + 1
    assert not len(lengths)
