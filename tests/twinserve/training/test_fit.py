"""From a recipe to a fitted model: reproducible, or an error of one sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

from harness import fruit
from twinserve.errors import ModelError
from twinserve.metric import METRICS
from twinserve.predict.fallback import SklearnPredictor
from twinserve.recipes import Recipe, Table
from twinserve.training.data import Data, split
from twinserve.training.fit import fit, plain_parameters


def divided(recipe: Recipe) -> Data:
    """The recipe's own table, split."""
    return split(recipe, recipe.load())


def with_table(recipe: Recipe, features: pd.DataFrame, target: Any) -> Recipe:
    """The recipe on another table."""
    return replace(recipe, load=lambda: Table(features, pd.Series(target), source="a test"))


def refusal(recipe: Recipe) -> str:
    """The sentence of the error."""
    with pytest.raises(ModelError) as refused:
        fit(recipe, divided(recipe), seed=0, progress=lambda _step: None)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    return sentence


def test_the_rows_are_divided_without_loss() -> None:
    data = divided(fruit.FRUIT)
    assert len(data.train) + len(data.holdout) == len(data.everything) == 200
    assert 20 <= len(data.holdout) <= 60
    assert data.classes == ("apple", "pear")


def test_what_training_saw_is_what_the_training_side_holds() -> None:
    data = divided(fruit.FRUIT)
    weight = data.signature.features[0]
    assert (weight.seen.minimum, weight.seen.maximum) == (
        data.train.columns.matrix[:, 0].min(),
        data.train.columns.matrix[:, 0].max(),
    )


def test_more_rows_move_hardly_any_to_the_other_side() -> None:
    few = divided(replace(fruit.FRUIT, load=lambda: fruit.table(200)))
    both = pd.concat([fruit.table(200).features, fruit.table(100, seed=1).features])
    target = [*fruit.table(200).target, *fruit.table(100, seed=1).target]
    more = divided(with_table(fruit.FRUIT, both, target))
    held_out = {tuple(row) for row in more.holdout.columns.matrix[:, :2].tolist()}
    before = {tuple(row) for row in few.holdout.columns.matrix[:, :2].tolist()}
    assert len(before - held_out) <= 8  # Of about 40, where half as many rows again are added.


def test_the_order_of_columns_and_empty_ones_too_many_do_not_matter() -> None:
    table = fruit.table()
    turned = table.features[["skin.spots", "weight", "skin.colour"]].assign(unused=None)
    other = with_table(fruit.FRUIT, turned, table.target)
    np.testing.assert_array_equal(divided(other).train.columns.matrix, divided(fruit.FRUIT).train.columns.matrix)


@pytest.mark.parametrize("recipe", [fruit.FRUIT, fruit.PRICE], ids=lambda recipe: recipe.name)
def test_the_same_seed_gives_the_same_model(recipe: Recipe) -> None:
    results = []
    for _ in range(2):
        data, fitted = fruit.fitted(recipe, seed=7)
        predictions = SklearnPredictor(fitted.pipeline, data.signature, data.target).predict(data.everything.columns)
        values = predictions.probabilities if predictions.values is None else predictions.values
        assert values is not None
        results.append((fitted.name, dict(fitted.scores), values.tobytes()))
    assert results[0] == results[1]


def test_the_seed_reaches_the_candidates() -> None:
    def forest(seed: int) -> dict[str, Any]:
        return {"forest": make_pipeline(fruit.columns_encoded(), RandomForestClassifier(5, random_state=seed))}

    recipe = replace(fruit.FRUIT, candidates=forest)
    assert fruit.fitted(recipe, 1)[1].scores != fruit.fitted(recipe, 2)[1].scores


@pytest.mark.parametrize("metric", ["log_loss", "accuracy", "brier", "roc_auc", "f1_macro", "balanced_accuracy"])
def test_the_best_candidate_wins_whatever_the_direction_of_the_metric(metric: str) -> None:
    _, fitted = fruit.fitted(replace(fruit.FRUIT, metric=metric))
    assert fitted.name == "logistic regression"
    best = max(fitted.scores.values()) if METRICS[metric].greater_is_better else min(fitted.scores.values())
    assert fitted.scores[fitted.name] == best
    assert all(score > 0 for score in fitted.scores.values())


def test_a_candidate_that_cannot_be_judged_is_told() -> None:
    """Otherwise the first of several candidates without a score would win."""
    labels_only = replace(
        fruit.FRUIT, candidates=lambda _seed: {"svm": make_pipeline(fruit.columns_encoded(), LinearSVC())}
    )
    assert refusal(labels_only).startswith("The candidate 'svm' fails: The metric needs probabilities")


def test_progress_names_every_step() -> None:
    steps: list[str] = []
    fit(fruit.FRUIT, divided(fruit.FRUIT), seed=0, progress=steps.append)
    assert steps == [
        "cross-validating hardly fitted",
        "cross-validating logistic regression",
        "improving logistic regression",
        "fitting logistic regression",
    ]


# ---- what cannot be learned from ------------------------------------------------------------------------------------


def test_a_missing_column_is_named() -> None:
    table = fruit.table()
    recipe = with_table(fruit.FRUIT, table.features.drop(columns="skin.spots"), table.target)
    assert refusal(recipe) == "The input and the table disagree: skin.spots is declared and not in the table."


def test_a_target_of_another_length_is_told() -> None:
    table = fruit.table(100)
    assert refusal(with_table(fruit.FRUIT, table.features, table.target[:40])) == (
        "The table has 100 rows and the target 40."
    )


def test_one_class_is_nothing_to_learn() -> None:
    recipe = with_table(fruit.FRUIT, fruit.table().features, ["apple"] * 200)
    assert refusal(recipe) == "The target has one class only; there is nothing to learn."


def test_a_class_with_too_few_rows_is_left_out_and_said_and_the_others_are_learned() -> None:
    target = fruit.table().target.copy()
    target.iloc[[5, 50, 100]] = "quince"
    recipe = with_table(fruit.FRUIT, fruit.table().features, target)
    data = divided(recipe)
    assert (data.classes, len(data.everything)) == (("apple", "pear"), 197)
    (note,) = data.notes
    assert note.kind == "warning"
    assert note.sentence.startswith("the class 'quince' has ")
    assert note.sentence.endswith(": its rows are left out")
    assert set(data.signature.features[1].vocabulary) == {"green", "red"}
    assert fit(recipe, data, seed=0, progress=lambda _: None).name == "logistic regression"


def test_leaving_out_a_class_moves_no_row_to_the_other_side() -> None:
    target = fruit.table().target.copy()
    target.iloc[[5, 50, 100]] = "quince"
    left = divided(with_table(fruit.FRUIT, fruit.table().features, target)).holdout.columns.matrix.tolist()
    assert {row[0] for row in left} <= {row[0] for row in divided(fruit.FRUIT).holdout.columns.matrix.tolist()}


def test_one_candidate_that_fails_is_said_and_the_others_go_on() -> None:
    """A candidate may fail in fitting, predicting or scoring."""
    bad = {
        "fit": make_pipeline(LogisticRegression()),
        "judge": make_pipeline(fruit.columns_encoded(), LinearSVC()),
    }
    recipe = replace(fruit.FRUIT, candidates=lambda seed: bad | dict(fruit.candidates(seed)))
    steps: list[str] = []
    fitted = fit(recipe, divided(recipe), seed=0, progress=steps.append)
    assert fitted.name == "logistic regression"
    assert list(fitted.scores) == ["hardly fitted", "logistic regression"]
    assert fitted.failed["judge"] == "The metric needs probabilities and the model gives labels only"
    assert fitted.failed.keys() == bad.keys()
    assert f"judge fails: {fitted.failed['judge']}" in steps


def strict(**options: Any) -> Recipe:
    """A recipe with an encoder that knows one of two declared colours and raises on the other."""
    table = fruit.table()
    encode = make_column_transformer((OneHotEncoder(**options), ["skin.colour"]))
    model = {"strict": make_pipeline(encode, LogisticRegression())}
    features = table.features.assign(**{"skin.colour": "red"})
    return replace(with_table(fruit.FRUIT, features, table.target), candidates=lambda _seed: model)


def test_an_encoder_that_would_raise_on_an_unseen_category_is_refused_unless_the_policy_is_reject() -> None:
    assert "set handle_unknown, or train" in refusal(strict())
    recipe = strict()
    assert fit(recipe, divided(recipe), seed=0, progress=lambda _: None, out_of_range="reject").name == "strict"
    recipe = strict(handle_unknown="ignore")
    assert fit(recipe, divided(recipe), seed=0, progress=lambda _: None).name == "strict"


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("recipe", [fruit.FRUIT, fruit.PRICE], ids=lambda recipe: recipe.name)
def test_too_few_rows_are_told(recipe: Recipe, rows: int) -> None:
    table = recipe.load()
    refusal(with_table(recipe, table.features.iloc[:rows], table.target.iloc[:rows]))


@pytest.mark.parametrize("value", [np.nan, None, np.inf])
def test_a_target_that_is_no_number_is_told(value: Any) -> None:
    table = fruit.prices()
    target = table.target.astype(object)
    target.iloc[3] = value
    assert "target" in refusal(with_table(fruit.PRICE, table.features, target))


@pytest.mark.parametrize("value", [None, np.nan, 1])
def test_a_target_that_is_no_label_is_told(value: Any) -> None:
    table = fruit.table()
    target = table.target.copy()
    target.iloc[3] = value
    assert "target" in refusal(with_table(fruit.FRUIT, table.features, target))


def test_a_value_of_another_type_is_told_with_its_column() -> None:
    table = fruit.table()
    features = table.features.astype({"weight": object})
    features.loc[3, "weight"] = "heavy"
    assert "weight holds string" in refusal(with_table(fruit.FRUIT, features, table.target))


def test_parameters_are_plain_json() -> None:
    plain = plain_parameters(make_pipeline(fruit.Doubling(), LogisticRegression(C=0.5)))
    assert plain["logisticregression__C"] == 0.5
    json.dumps(plain, allow_nan=False)
