"""Sentences on a column that a new version reads otherwise than the champion."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve.notations.notation import Notation
from twinserve.release.read_otherwise import as_before, as_champion_reads, not_known_again, of_another_type
from twinserve.signature import Feature

CODES = feature("zip code", "category", seen_categories=("7", "A"))
NUMBERS = feature("zip code")


@pytest.mark.parametrize(
    ("was", "now", "cure"),
    [
        (CODES, NUMBERS, "--category 'zip code'"),
        (NUMBERS, CODES, "--number 'zip code'"),
        (feature("zip code", "string"), NUMBERS, "--text 'zip code'"),
        (feature("zip code", "date"), NUMBERS, "--date 'zip code'"),
        (feature("zip code", "boolean"), CODES, "the table written as before"),
    ],
)
def test_the_option_that_reads_it_as_before_is_named(was: Feature, now: Feature, cure: str) -> None:
    old, new = signature(was), signature(now)
    assert as_before(old, new, "zip code") == f"; {cure} reads it as before"
    assert as_before(old, new, "other") == as_before(old, old, "zip code") == ""
    told = of_another_type(old, new)
    assert told is not None
    assert told.endswith(f", so the champion cannot be asked about these rows; {cure} reads it as before")


def test_a_plain_change_of_type_leaves_the_rows_known() -> None:
    """By content the text `7` and the number 7 are one; what a notation read is not."""
    assert not_known_again(signature(CODES), signature(NUMBERS)) is None
    noted = NUMBERS.model_copy(update={"notation": Notation(form="amount", unit="$")})
    assert not_known_again(signature(CODES), signature(noted)) is not None


def test_numbers_are_the_texts_that_the_champion_knows() -> None:
    rows = as_champion_reads(pd.DataFrame({"zip code": [7.0, 1.5, None]}), signature(CODES), signature(NUMBERS))
    assert rows["zip code"].tolist()[:2] == ["7", "1.5"]
    assert rows["zip code"].isna().tolist() == [False, False, True]
