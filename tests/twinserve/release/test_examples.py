"""Examples are composed of training rows, and are some of them only where training was told so."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve.predict.targets.made import one_target
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.release.examples import examples
from twinserve.signature import Columns, to_instances
from twinserve.signature.request.validator import Validator
from twinserve.training.data import Data, Rows, split

ROWS = 120


def data_of(*, regression: bool = False, **columns: object) -> Data:
    """A table with a number, a text category and a target that depends on the number."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=ROWS)
    target = size * 3 + rng.normal(size=ROWS) if regression else np.where(size > 0, "big", "small")
    frame = pd.DataFrame({"size": size, "weight": rng.normal(size=ROWS), **columns, "kind": target})
    recipe = table_recipe("things", frame, TableOptions("kind"), "made")
    return split(recipe, recipe.load())


def test_there_is_one_of_each_class_and_a_middle_one() -> None:
    """Each is composed of the medians of its rows."""
    data = data_of()
    shown = examples(data)
    assert shown.composed
    assert [(e.kind, e.label) for e in shown.examples] == [("class", "big"), ("class", "small"), ("middle", None)]
    big, small, _ = (example.instance["size"] for example in shown.examples)
    assert big > 0 > small


def test_a_regression_has_low_middle_and_high_ones() -> None:
    """By thirds of the target."""
    shown = examples(data_of(regression=True))
    assert [example.kind for example in shown.examples] == ["low", "middle", "high"]
    sizes = [example.instance["size"] for example in shown.examples]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("publish_rows", [False, True])
def test_a_training_row_is_shown_only_where_training_was_told_so(publish_rows: bool) -> None:
    """With it every example is a row; without it none is."""
    data = data_of()
    shown = examples(data, publish_rows=publish_rows)
    assert shown.composed is not publish_rows
    rows = to_instances(data.everything.columns, data.signature)
    assert [example.instance in rows for example in shown.examples] == [publish_rows] * 3


def test_a_composed_row_that_is_a_real_one_is_left_out() -> None:
    """Unless five rows or more are like it, so that it tells of none."""
    data = data_of()
    alone = data.train.columns.take([0, 0, 0, 0])
    many = data.train.columns.take([0] * 5)
    codes = np.zeros(9)
    few = replace(data, train=replace(data.train, columns=alone, y_true=codes[:4]))
    assert examples(few).examples == ()
    enough = replace(data, train=replace(data.train, columns=many, y_true=codes[:5]))
    assert len(examples(enough).examples) == 2


def test_no_row_of_the_hold_out_is_shown_either() -> None:
    """It is as real as a training row."""
    data = data_of()
    composed = examples(data).examples[0].instance
    batch = Validator(data.signature).validate(json.dumps(composed).encode())
    held_out = replace(data, holdout=replace(data.holdout, columns=batch.columns))
    assert composed not in [example.instance for example in examples(held_out).examples]


def test_a_row_that_its_text_tells_apart_is_left_out() -> None:
    """Though many rows have its numbers, and many its text."""
    declared = signature(feature("size"), feature("name", "string"))
    sizes = np.array([[1.0, np.nan]] * 5 + [[2.0, np.nan]] * 6)
    names = ["Ann"] + ["Bo", "Cy", "Di", "Ed"] + ["Ann"] * 4 + ["Flo", "Gus"]
    columns = Columns(np.vstack([sizes, sizes[:4] * 0.5]), texts={1: [*names, "Hal", "Ida", "Jo", "Ki"]})
    rows = Rows(columns, np.zeros(len(columns)))
    none = Rows(columns[:0], np.zeros(0))
    shown = examples(Data("made", declared, one_target(("a",)), rows, none, rows)).examples
    assert {"size": 1.0, "name": "Ann"} not in [example.instance for example in shown]
