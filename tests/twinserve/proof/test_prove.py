"""Nothing compiled serves that was not proved, and where the proof fails the reason says so."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from harness.fruit import Doubling
from tests.twinserve.signature.made import feature, signature
from twinserve.compile import Column
from twinserve.compile.compiler import Compiled, compile_with_explanation
from twinserve.predict.answers import ask
from twinserve.predict.targets.made import one_target
from twinserve.proof import prove as proving
from twinserve.proof.prove import Proved, compile_model, prove
from twinserve.signature import UNSEEN, Columns, Signature
from twinserve.signature.frames import from_frame

CLASSES = ("no", "yes")
CONTRACT = signature(
    feature("x"),
    feature("n", nullable=True),
    feature("c", "category", nullable=True, seen_categories=("green", "red")),
)
NUMBERS = signature(feature("x"), feature("y"))


def table(rows: int = 160) -> pd.DataFrame:
    """Two numbers and a category; one of each is sometimes missing."""
    rng = np.random.default_rng(0)
    words = np.array(["green", "red", np.nan], dtype=object)
    return pd.DataFrame(
        {
            "x": np.round(rng.normal(size=rows), 3),
            "n": np.where(rng.random(rows) < 0.3, np.nan, rng.random(rows)),
            "c": words[rng.integers(0, 3, rows)],
        }
    )


def numbers() -> pd.DataFrame:
    """Two numbers."""
    rng = np.random.default_rng(1)
    return pd.DataFrame({"x": np.round(rng.normal(size=160), 3), "y": np.round(rng.normal(size=160), 3)})


def labels(frame: pd.DataFrame) -> Any:
    """Depends on all columns, not quite regularly."""
    score = frame["x"] + frame.get("y", pd.Series(0.0, frame.index)) + np.sin(np.arange(len(frame)))
    if "c" in frame:
        score = score + (frame["c"] == "red") - frame["n"].isna()
    return np.where(score > 0, "yes", "no").astype(object)


def proved(pipeline: Any, frame: pd.DataFrame, contract: Signature, target: Any = None) -> Proved:
    """The outcome for a pipeline that is fitted on the first rows, its hold-out being the others."""
    target = labels(frame) if target is None else target
    columns = from_frame(frame, contract)
    half = len(frame) // 2
    pipeline.fit(frame[:half], target[:half])
    real = (columns.take(range(half)), columns.take(range(half, len(frame))))
    classes = CLASSES if target.dtype == object else None
    return prove(pipeline, compile_model(pipeline, contract), contract, one_target(classes), real, seed=0)


BOOSTING = HistGradientBoostingClassifier(max_iter=10, categorical_features=["c"], random_state=0)
PIPELINES: dict[str, tuple[Callable[[], Any], Callable[[], pd.DataFrame], Signature]] = {
    "linear": (lambda: make_pipeline(StandardScaler(), LogisticRegression()), numbers, NUMBERS),
    "labels only": (lambda: make_pipeline(StandardScaler(), LinearSVC()), numbers, NUMBERS),
    "scaler and forest": (
        lambda: make_pipeline(StandardScaler(), RandomForestClassifier(8, random_state=0)),
        numbers,
        NUMBERS,
    ),
    "boosting with categories and nulls": (lambda: make_pipeline(BOOSTING), table, CONTRACT),
    "encoder and boosting": (
        lambda: make_pipeline(
            make_column_transformer(
                (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["c"]), remainder="passthrough"
            ),
            HistGradientBoostingClassifier(max_iter=10, random_state=0),
        ),
        table,
        CONTRACT,
    ),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_what_is_proved_equal_is_compiled_and_says_how_it_was_proved(name: str) -> None:
    make, frame, contract = PIPELINES[name]
    outcome = proved(make(), frame(), contract)
    assert outcome.facts.kind == outcome.predictor.kind == "compiled"
    assert outcome.graph is not None
    parity = outcome.facts.parity
    assert parity is not None
    assert parity["label_flips"] == 0
    assert parity["rows"] + parity["unanswered"] == 160 + sum(map(len, outcome.made_rows))
    assert outcome.facts.reason.startswith(f"Proved equal to the fitted pipeline on {parity['rows']} rows: ")


def test_it_says_how_many_of_the_splits_were_tried_on_both_sides() -> None:
    """All of them where every column of the trees is one feature; none where every column is made of several."""
    forest = RandomForestClassifier(4, random_state=0)
    for steps, tried in (([StandardScaler()], True), ([PCA()], False)):
        facts = proved(make_pipeline(*steps, forest), numbers(), NUMBERS).facts
        splits = sum((tree.tree_.feature >= 0).sum() for tree in forest.estimators_)
        assert facts.parity is not None
        assert (facts.parity["splits"], facts.parity["splits_crossed"]) == (splits, splits * tried)
        assert facts.reason.endswith(f". Both sides of {splits * tried} of its {splits} splits were tried.")


def test_members_that_are_pipelines_are_tried_at_their_splits() -> None:
    members = [(name, make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))) for name in "ab"]
    facts = proved(make_pipeline(VotingClassifier(members, voting="soft")), numbers(), NUMBERS).facts
    assert facts.kind == "compiled"
    assert facts.parity is not None
    assert facts.parity["splits_crossed"] == facts.parity["splits"] > 10


def test_rows_that_the_pipeline_refuses_are_told_apart() -> None:
    """A forest takes no number beyond single precision; the proof says how many rows that were."""
    make, frame, contract = PIPELINES["scaler and forest"]
    parity = proved(make(), frame(), contract).facts.parity
    assert parity is not None
    assert parity["unanswered"] > 0


def test_an_index_beyond_a_models_table_is_a_refusal_too() -> None:
    """Naive Bayes of categories has no row for a number that is greater than all it saw."""
    frame = pd.DataFrame({"x": np.arange(160) % 4, "y": np.arange(160) % 3}, dtype=float)
    facts = proved(make_pipeline(CategoricalNB()), frame, NUMBERS).facts
    assert facts.kind == "compiled"
    assert facts.parity is not None
    assert facts.parity["unanswered"] > 0


def test_a_regression_is_proved_by_its_values() -> None:
    target = numbers()["x"].to_numpy() * 3 + 1
    outcome = proved(make_pipeline(StandardScaler(), LinearRegression()), numbers(), NUMBERS, target)
    assert outcome.facts.kind == "compiled"


IMPUTED = make_pipeline(SimpleImputer(strategy="constant", fill_value="none"), OneHotEncoder(handle_unknown="ignore"))
LISTED = OrdinalEncoder(
    categories=[["blue", "green", "red", np.nan]],
    handle_unknown="use_encoded_value",
    unknown_value=-1,
    encoded_missing_value=-2,
)


def answering_words(encoder: Any, head: Any) -> Proved:
    """The outcome for a category's encoder before a head."""
    steps = make_column_transformer((encoder, ["c"]), (SimpleImputer(), ["n"]), remainder="passthrough")
    return proved(clone(make_pipeline(steps, head)), table(), CONTRACT)


@pytest.mark.parametrize(
    "head", [LogisticRegression(), RandomForestClassifier(8, random_state=0)], ids=["line", "trees"]
)
@pytest.mark.parametrize(("encoder", "word"), [(IMPUTED, "none"), (LISTED, "blue")])
def test_a_word_that_only_the_pipeline_knows_is_what_it_is_to_the_pipeline(encoder: Any, word: str, head: Any) -> None:
    """What an imputer writes in place of null may come in a request, and so may a category that no row has."""
    outcome = answering_words(encoder, head)
    assert outcome.facts.kind == "compiled"
    null = from_frame(pd.DataFrame({"x": [0.5], "n": [0.5], "c": [np.nan]}), CONTRACT)
    answers = [
        outcome.predictor.predict(columns).probabilities
        for columns in (null, *(Columns(np.array([[0.5, 0.5, UNSEEN]]), {(0, 2): text}) for text in (word, "other")))
    ]
    as_null, as_word, as_other = (np.asarray(answer).tobytes() for answer in answers)
    assert as_word != as_other
    assert (as_word == as_null) == (word == "none")


def test_a_graph_that_does_not_know_such_a_word_does_not_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinserve.predict.compiled.read_extra_categories", lambda _: {})
    assert answering_words(IMPUTED, LogisticRegression()).facts.kind == "scikit-learn"


# ---- what is not equal does not serve -------------------------------------------------------------------------------


def test_a_step_that_cannot_be_compiled_serves_through_scikit_learn_with_its_reason() -> None:
    outcome = proved(make_pipeline(Doubling(), LogisticRegression()), numbers(), NUMBERS)
    assert (outcome.facts.kind, outcome.predictor.kind, outcome.graph) == ("scikit-learn", "scikit-learn", None)
    assert outcome.facts.parity is None
    assert outcome.facts.reason.startswith("Not compiled: harness.fruit.Doubling: ")
    assert outcome.facts.reason.endswith(".")
    assert not outcome.facts.reason.endswith("..")


def move_intercept(head: Any) -> None:
    """In its seventh digit."""
    head.intercept_ = head.intercept_ + 1e-7


def move_threshold(tree: Any) -> None:
    """To the next number that single precision has: only rows right at the split tell."""
    first = int(np.flatnonzero(tree.tree_.feature >= 0)[-1])
    tree.tree_.threshold[first] = np.nextafter(np.float32(tree.tree_.threshold[first]), np.float32(np.inf))


def move_boosted_threshold(head: Any) -> None:
    """To the next double."""
    nodes = head._predictors[0][0].nodes
    first = int(np.flatnonzero((nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 0))[0])
    nodes["num_threshold"][first] = np.nextafter(nodes["num_threshold"][first], -np.inf)


def turn_nulls(head: Any) -> None:
    """The other way, at the root."""
    nodes = head._predictors[0][0].nodes
    nodes["missing_go_to_left"][0] = 1 - nodes["missing_go_to_left"][0]


def swap_leaves(tree: Any) -> None:
    """One leaf says the opposite."""
    leaf = int(np.flatnonzero(tree.tree_.feature < 0)[-1])
    tree.tree_.value[leaf] = tree.tree_.value[leaf][:, ::-1].copy()


TREE = (lambda: make_pipeline(DecisionTreeClassifier(random_state=0)), numbers, NUMBERS)
BOOSTED = PIPELINES["boosting with categories and nulls"]
MISTAKES: dict[str, tuple[Any, Callable[[Any], None]]] = {
    "intercept": (PIPELINES["linear"], move_intercept),
    "threshold": (TREE, move_threshold),
    "leaf": (TREE, swap_leaves),
    "boosted threshold": (BOOSTED, move_boosted_threshold),
    "way of nulls": (BOOSTED, turn_nulls),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_smallest_mistake_of_a_compiler_is_caught(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    (make, frame, contract), change = MISTAKES[mistake]

    def compile_wrongly(pipeline: Any, columns: list[Column]) -> Compiled:
        other = copy.deepcopy(pipeline)
        change(other[-1])
        return compile_with_explanation(other, columns)

    monkeypatch.setattr(proving, "compile_with_explanation", compile_wrongly)
    outcome = proved(make(), frame(), contract)
    assert (outcome.facts.kind, outcome.predictor.kind, outcome.graph) == ("scikit-learn", "scikit-learn", None)
    assert outcome.facts.parity is not None
    assert outcome.facts.reason.startswith("Not equal to the fitted pipeline on ")
    assert outcome.facts.parity["largest_difference"] > 1e-9


# ---- rows without an answer ------------------------------------------------------------------------------------------


NULLABLE = signature(feature("x", nullable=True), feature("y"))
SILENT: dict[str, Any] = {
    "linear": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "labels only": lambda: make_pipeline(StandardScaler(), LinearSVC()),
    "boosting": lambda: make_pipeline(GradientBoostingClassifier(n_estimators=3)),
    "naive Bayes": lambda: make_pipeline(GaussianNB()),
    "squares": lambda: make_pipeline(PolynomialFeatures(2), LogisticRegression()),
}


@pytest.mark.parametrize("name", SILENT)
def test_a_null_that_the_pipeline_refuses_is_refused_by_the_compiled_model(name: str) -> None:
    """None was in training, and the signature lets one through."""
    outcome = proved(SILENT[name](), numbers(), NULLABLE)
    assert outcome.facts.kind == "compiled"
    assert outcome.facts.parity is not None
    assert outcome.facts.parity["unanswered"] >= 20
    assert outcome.facts.parity["answered_by_one"] == 0
    assert not ask(outcome.predictor, Columns(np.array([[np.nan, 0.5]]))).given.any()
    assert ask(outcome.predictor, Columns(np.array([[0.5, 0.5]]))).given.all()


@pytest.mark.parametrize("name", SILENT)
def test_an_answer_that_the_compiled_model_invents_is_caught(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("twinserve.compile.compiler.refusals", lambda _: [])
    monkeypatch.setattr("twinserve.compile.compiler.guarded", lambda _, fold: fold)
    outcome = proved(SILENT[name](), numbers(), NULLABLE)
    if name == "linear":  # Here the arithmetic itself carries the null through.
        return
    assert outcome.facts.parity is not None
    if outcome.facts.parity["answered_by_one"]:
        assert outcome.facts.kind == "scikit-learn"
        assert "are predicted by one of the two only" in outcome.facts.reason
    else:
        assert name in ("naive Bayes", "squares")


# ---- whatever is odd -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where", ["compile_with_explanation", "crossings", "CompiledPredictor", "compare", "known_categories"]
)
@pytest.mark.parametrize("error", [RuntimeError("of 1234.5"), RecursionError(), AttributeError("x"), MemoryError()])
def test_whatever_happens_in_compiling_and_proving_the_pipeline_serves(
    monkeypatch: pytest.MonkeyPatch, where: str, error: Exception
) -> None:
    """With the kind of the error and nothing of its text, which may hold a row's values."""

    def odd(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(proving, where, odd)
    outcome = proved(make_pipeline(StandardScaler(), LogisticRegression()), numbers(), NUMBERS)
    assert (outcome.facts.kind, outcome.predictor.kind, outcome.graph) == ("scikit-learn", "scikit-learn", None)
    assert outcome.facts.reason == f"Not compiled: the proof failed with a {type(error).__name__}."
    assert len(outcome.made_rows) > 1
