"""A batch whose rows share their templates is written as any other."""

from __future__ import annotations

import json
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twinserve.arrays import FloatArray
from twinserve.predict.answers import picked
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.rendering import MANY, Renderer, _by_parts, as_json, filled, joined
from twinserve.predict.targets.one_label import OneLabel
from twinserve.predict.targets.one_value import OneValue
from twinserve.signature import Finding

TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=5).map(lambda text: json.dumps(text).replace("%", "%%"))
"""What stands in a template beside numbers: any text as JSON."""


@given(st.lists(st.lists(TEXTS, min_size=4, max_size=4), min_size=1, max_size=4), st.data())
def test_parts_side_by_side_are_the_templates_with_their_numbers(texts: list[list[str]], data: st.DataObject) -> None:
    """Whatever the templates have in common, and however many numbers they have."""
    holes = data.draw(st.integers(1, 3))
    kinds = ["%s".join(each[: holes + 1]) for each in texts]
    templates = data.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=20))
    shape = len(templates), holes
    numbers: FloatArray = data.draw(
        arrays(np.float64, shape, elements=st.floats(allow_nan=False, allow_infinity=False))
    )
    assert _by_parts(templates, {*templates}, as_json(numbers), "},{") == filled("},{".join(templates), numbers)


@pytest.mark.parametrize("rows", [1, 2, MANY - 1, MANY, 100])
@pytest.mark.parametrize("warned", [0, 1, 20])
def test_a_batch_is_written_as_its_rows_one_by_one(rows: int, warned: int) -> None:
    """With a few rows that are warned of, and with many."""
    likely = np.random.default_rng(0).random((rows, 2))
    predictions = Predictions(np.arange(rows) % 2, likely)
    renderer = Renderer("m", "1", OneLabel(("50 % \0", 'b"%s')))
    warnings = {row: [Finding(("a%s",), "unseen-range", "Outside 0 to 1 %.")] for row in range(min(rows, warned))}
    written = json.loads(renderer.many(predictions, warnings, rows))["predictions"]
    for row, each in enumerate(written):
        alone = picked(predictions, slice(row, row + 1))
        one = json.loads(renderer.one(alone, {0: warnings[row]} if row in warnings else {}))
        for warning in one["warnings"]:
            warning["pointer"] = f"/{row}{warning['pointer']}"
        assert one == {"model": "m", "version": "1", **each}


def test_templates_with_other_numbers_than_there_are_are_refused() -> None:
    """As `%` refuses them."""
    templates = ["a%s"] * MANY
    with pytest.raises(TypeError):
        joined(templates, np.zeros((MANY, 2)), ",")
    with pytest.raises(TypeError):
        joined(templates, np.zeros(MANY + 1), ",")


def test_a_number_that_is_not_finite_is_refused_among_many() -> None:
    """As it is in a single row."""
    values = np.zeros(MANY)
    values[-1] = np.nan
    with pytest.raises(BadPrediction):
        Renderer("m", "1", OneValue()).many(Predictions(values=values), {}, len(values))
