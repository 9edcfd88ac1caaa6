"""Pipelines for any table: whatever its types, they fit, take nulls and unseen categories, and compile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve.metric import Task
from twinserve.predict.targets.made import one_target
from twinserve.proof.prove import compile_model, prove
from twinserve.recipes.pipelines import pipelines
from twinserve.signature import UNSEEN, Columns, Signature
from twinserve.signature.frames import from_frame, to_frame
from twinserve.signature.sources.training_profile import observe
from twinserve.training.unseen_values import raising_encoder

ROWS = 60
CONTRACT = signature(
    feature("number", nullable=True),
    feature("whole", "integer"),
    feature("flag", "boolean", nullable=True),
    feature("kind", "category", nullable=True),
    feature("day", "date", nullable=True),
    feature("at", "datetime"),
)


@pytest.fixture(scope="module")
def rows() -> tuple[Signature, Columns]:
    """A table of every type but text, with nulls."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "number": np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS)),
            "whole": rng.integers(0, 9, ROWS),
            "flag": np.where(rng.random(ROWS) < 0.2, np.nan, rng.integers(0, 2, ROWS)),
            "kind": pd.Series(rng.choice(["a", "b", "c"], ROWS)).mask(rng.random(ROWS) < 0.2),
            "day": pd.Series(pd.date_range("2024-01-01", periods=ROWS)).mask(rng.random(ROWS) < 0.2),
            "at": pd.date_range("2024-01-01", periods=ROWS, freq="7h"),
        }
    )
    seen = observe(CONTRACT, table)
    return seen, from_frame(table, seen)


def odd(columns: Columns) -> Columns:
    """A row with every null that there may be, and one with an unseen category."""
    rows = columns.take([0, 1]).matrix
    rows[0, [place for place, one in enumerate(CONTRACT.features) if one.nullable]] = np.nan
    rows[1, 3] = UNSEEN
    return Columns(rows, {(1, 3): "never seen"})


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_candidate_learns_from_every_type_and_compiles(rows: tuple[Signature, Columns], task: Task) -> None:
    seen, columns = rows
    y_true = columns.matrix[:, 1] % 2
    target: Any = np.where(y_true > 0, "odd", "even").astype(object) if task == "classification" else y_true
    candidates = pipelines(seen, task, 0)
    assert list(candidates) == ["linear model", "random forest", "gradient boosting"]
    for pipeline in candidates.values():
        if "n_estimators" in pipeline["model"].get_params():
            pipeline["model"].set_params(n_estimators=5)  # As good as 200 here, and sooner.
        fitted = pipeline.fit(to_frame(columns, seen), target)
        classes = ("even", "odd") if task == "classification" else None
        proved = prove(fitted, compile_model(fitted, seen), seen, one_target(classes), [columns], 0)
        assert proved.facts.kind == "compiled", proved.facts.reason
        assert len(fitted.predict(to_frame(odd(columns), seen))) == 2


def test_no_encoder_raises_on_what_it_does_not_know(rows: tuple[Signature, Columns]) -> None:
    assert [raising_encoder(pipeline) for pipeline in pipelines(rows[0], "classification", 0).values()] == [None] * 3


def test_free_text_has_one_candidate() -> None:
    contract = signature(feature("text", "string"))
    (pipeline,) = pipelines(contract, "classification", 0).values()
    frame = pd.DataFrame({"text": ["good fruit", "bad fruit"] * 10})
    assert pipeline.fit(frame, ["yes", "no"] * 10).predict(frame)[:2].tolist() == ["yes", "no"]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_candidate_learns_from_text_beside_the_rest(task: Task) -> None:
    """And takes a text that is null, in training and after it."""
    contract = signature(feature("size"), feature("first text", "string"), feature("second__text", "string"))
    texts: list[str | None] = ["good fruit", "bad fruit", None] * 20
    frame = pd.DataFrame({"size": np.arange(60.0), "first text": texts, "second__text": texts[::-1]})
    y_true: Any = ["good", "bad", "none"] * 20 if task == "classification" else np.array([1.0, 2.0, 3.0] * 20)
    for name, pipeline in pipelines(contract, task, 0).items():
        if "n_estimators" in pipeline["model"].get_params():
            pipeline["model"].set_params(n_estimators=5)
        assert pipeline.fit(frame, y_true).score(frame, y_true) > 0.9, name


def test_of_many_rows_boosted_trees_come_first_and_a_forest_is_bounded() -> None:
    contract = signature(feature("size"))
    few, many = pipelines(contract, "regression", 0, 100_000), pipelines(contract, "regression", 0, 100_001)
    assert list(many) == list(few)[::-1]
    assert many["random forest"]["model"].max_samples == 50_000
    assert few["random forest"]["model"].max_samples is None


def test_of_many_cells_boosted_trees_come_first_and_a_forest_of_values_has_fewer_trees() -> None:
    contract = signature(feature("size"), feature("weight"))
    few, many = pipelines(contract, "regression", 0, 50_000), pipelines(contract, "regression", 0, 50_001)
    assert list(many) == list(few)[::-1]
    assert few["random forest"]["model"].n_estimators == 200
    assert many["random forest"]["model"].n_estimators == 100
    of_classes = pipelines(contract, "classification", 0, 50_001)
    assert of_classes["random forest"]["model"].n_estimators == 200


def test_the_seed_reaches_every_estimator_that_has_chance(rows: tuple[Signature, Columns]) -> None:
    models = [pipeline["model"].get_params() for pipeline in pipelines(rows[0], "regression", 7).values()]
    assert [model["random_state"] for model in models[1:]] == [7, 7]
