"""The gate: a challenger must not be worse on the same rows, and must break no caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve.arrays import FloatArray
from twinserve.notations.notation import Notation
from twinserve.predict.predictor import Predictions, Predictor, PredictorKind
from twinserve.release.gate import Challenge, Terms, Verdict, compare
from twinserve.signature import Columns, Feature, Signature
from twinserve.store.artifact import LoadedArtifact
from twinserve.store.manifest import Manifest, PredictorFacts, Training

ROWS: Final = 200
CLASSES: Final = ("no", "yes")
CONTRACT: Final = signature(feature("x"), feature("c", "category", seen_categories=("green", "red")))


def y_true() -> FloatArray:
    """Half of the rows are `yes`."""
    return np.arange(ROWS, dtype=np.float64) % 2


def holdout(contract: Signature = CONTRACT) -> Columns:
    """`x` is the class; the category says the same: `red` where `yes`."""
    by_name = {"x": y_true(), "c": y_true(), "n": np.where(y_true() > 0, np.nan, 1.0)}
    return Columns(np.stack([by_name[feature.name] for feature in contract.features], axis=1))


class Believer:
    """Predicts the class that a column has, with probability `sure`; the first `errs` rows are wrong."""

    kind: Final[PredictorKind] = "compiled"

    def __init__(self, sure: float = 0.9, *, errs: int = 0, column: int = 0, probabilities: bool = True) -> None:
        self.sure, self.errs, self.column, self.probabilities = sure, errs, column, probabilities
        self.asked: list[Columns] = []

    def predict(self, columns: Columns) -> Predictions:
        """One answer a row."""
        self.asked.append(columns)
        yes = columns.matrix[:, self.column].copy()
        yes[: self.errs] = 1 - yes[: self.errs]
        share = np.where(yes > 0, self.sure, 1 - self.sure)
        both = np.stack([1 - share, share], axis=1)
        return Predictions(both.argmax(axis=1).astype(np.int64), both if self.probabilities else None)


class Guess:
    """A regression with a constant error."""

    kind: Final[PredictorKind] = "compiled"

    def __init__(self, wrong: float) -> None:
        self.wrong = wrong

    def predict(self, columns: Columns) -> Predictions:
        """Wrong to either side in turn."""
        return Predictions(values=columns.matrix[:, 0] + self.wrong * (-1.0) ** np.arange(len(columns)))


class Silent(Believer):
    """Predicts NaN for every third row."""

    def predict(self, columns: Columns) -> Predictions:
        """NaN there."""
        labels, probabilities, _ = super().predict(columns)
        assert probabilities is not None
        return Predictions(labels, np.where(np.arange(len(columns))[:, None] % 3 == 0, np.nan, probabilities))


class Refusing:
    """Raises `CannotPredict` for any rows."""

    kind: Final[PredictorKind] = "scikit-learn"

    def predict(self, columns: Columns) -> Predictions:
        """Never returns."""
        raise ValueError(f"{len(columns)} rows with a null that I do not take")


def champion(
    predictor: Predictor,
    contract: Signature = CONTRACT,
    classes: Sequence[str] | None = CLASSES,
    metric: str = "log_loss",
) -> LoadedArtifact:
    """An opened version around a predictor."""
    facts = Manifest(
        name="m",
        task="regression" if classes is None else "classification",
        classes=None if classes is None else tuple(classes),
        metric=metric,
        metrics={},
        predictor=PredictorFacts(kind=predictor.kind, reason="Made by hand."),
        training=Training(
            source="",
            created="",
            seed=0,
            git_commit=None,
            data_fingerprint="",
            rows=0,
            holdout_rows=0,
            estimator="",
            parameters={},
            libraries={},
        ),
        files={},
    )
    return LoadedArtifact(facts, contract, predictor, fitted_rows=np.array([], dtype=np.uint64))


def challenge(
    predictor: Predictor,
    metric: str = "log_loss",
    *,
    signature: Signature = CONTRACT,
    classes: Sequence[str] | None = CLASSES,
    rows: Columns | None = None,
    of: FloatArray | None = None,
) -> Challenge:
    """A new model before the gate."""
    new = champion(predictor, signature, classes, metric)
    return Challenge(new, rows or holdout(signature), y_true() if of is None else of)


def verdict(
    new: Challenge,
    old: LoadedArtifact | None,
    *,
    tolerance: float = 0.0,
    breaking: bool = False,
    fallback: bool = False,
) -> Verdict:
    """The gate's verdict, without tolerance by default."""
    return compare(new, old, Terms(tolerance, breaking=breaking, fallback=fallback))


# ---- not worse ------------------------------------------------------------------------------------------------------


def test_the_first_model_passes() -> None:
    assert verdict(challenge(Believer(errs=ROWS)), None) == Verdict(
        passed=True, reason="There was no champion to compare with."
    )


@pytest.mark.parametrize("metric", ["log_loss", "accuracy", "roc_auc", "brier", "f1_macro", "balanced_accuracy"])
def test_the_same_model_passes_without_any_tolerance(metric: str) -> None:
    outcome = verdict(challenge(Believer(errs=20), metric), champion(Believer(errs=20)))
    assert (outcome.passed, outcome.lower_bound) == (True, 0.0)
    assert outcome.champion_score == outcome.challenger_score


@pytest.mark.parametrize("metric", ["log_loss", "accuracy", "roc_auc", "brier", "f1_macro", "balanced_accuracy"])
def test_a_model_that_is_clearly_worse_is_held_back_whichever_way_its_metric_counts(metric: str) -> None:
    good, bad = Believer(errs=5), Believer(errs=60)
    held_back = verdict(challenge(bad, metric), champion(good))
    assert not held_back.passed
    assert held_back.lower_bound is not None
    assert held_back.lower_bound < -0.05
    passed = verdict(challenge(good, metric), champion(bad))
    assert passed.passed
    assert passed.lower_bound is not None
    assert passed.lower_bound > 0.05
    assert (passed.champion_score, passed.challenger_score) == (held_back.challenger_score, held_back.champion_score)


def test_the_reason_names_the_bound_and_the_tolerance() -> None:
    outcome = verdict(challenge(Believer(errs=60), "accuracy"), champion(Believer()), tolerance=0.01)
    assert outcome.reason == (
        "Perhaps worse than the champion: with 95% confidence its accuracy is worse by at most "
        f"{-(outcome.lower_bound or 0.0):.4f}; the tolerance is 0.0100."
    )
    assert verdict(challenge(Believer()), champion(Believer())).reason.startswith("Not worse than the champion: ")


@pytest.mark.parametrize(("tolerance", "passes"), [(0.0, False), (0.02, False), (0.2, True)])
def test_what_the_tolerance_allows_passes(tolerance: float, passes: bool) -> None:
    """Ten more errors in 200 rows cost 0.05, and more in an unlucky bootstrap sample."""
    outcome = verdict(challenge(Believer(errs=20), "accuracy"), champion(Believer(errs=10)), tolerance=tolerance)
    assert outcome.passed is passes


def test_a_difference_that_may_be_chance_is_held_back() -> None:
    """One more error is neither shown to be worse nor to be as good."""
    assert not verdict(challenge(Believer(errs=11), "accuracy"), champion(Believer(errs=10))).passed


def test_rows_are_drawn_in_pairs() -> None:
    """Models with errors in the same rows do not differ in any sample."""
    outcome = verdict(challenge(Believer(0.9, errs=60)), champion(Believer(0.9, errs=60)))
    assert outcome.lower_bound == 0.0


def test_the_same_seed_gives_the_same_verdict_and_another_one_another_bound() -> None:
    new, old = challenge(Believer(errs=12)), champion(Believer(errs=10))
    first, second, third = (compare(new, old, Terms(0, seed)) for seed in (1, 1, 2))
    assert first == second
    assert first.lower_bound != third.lower_bound


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
def test_a_class_of_two_rows_is_in_every_draw(metric: str) -> None:
    """Samples are stratified, so that an area under a curve is defined in each."""
    rare = np.zeros(ROWS)
    rare[:2] = 1.0
    new = challenge(Believer(), metric, of=rare, rows=Columns(np.stack([rare, rare], axis=1)))
    assert verdict(new, champion(Believer())).lower_bound == 0.0


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2"])
def test_a_regression_is_judged_by_its_values(metric: str) -> None:
    def regression(wrong: float) -> Challenge:
        return challenge(Guess(wrong), metric, classes=None)

    assert verdict(regression(0.1), champion(Guess(0.1), classes=None)).lower_bound == 0.0
    assert verdict(regression(0.1), champion(Guess(0.3), classes=None)).passed
    assert not verdict(regression(0.3), champion(Guess(0.1), classes=None)).passed


# ---- the same rows --------------------------------------------------------------------------------------------------


def test_a_champion_with_another_vocabulary_is_judged_on_the_same_rows_in_its_own_codes() -> None:
    """With the challenger's codes the champion would swap the categories."""
    theirs = signature(feature("c", "category", seen_categories=("amber", "red", "green")), feature("x"))

    class Reader(Believer):
        def predict(self, columns: Columns) -> Predictions:
            self.asked.append(columns)
            return Believer().predict(Columns((columns.matrix[:, :1] == 1.0).astype(np.float64)))

    reader = Reader()
    outcome = verdict(challenge(Believer()), champion(reader, theirs), breaking=True)
    assert outcome.lower_bound == 0.0
    assert reader.asked[0].matrix[:4].tolist() == [[2.0, 0.0], [1.0, 1.0], [2.0, 0.0], [1.0, 1.0]]


def test_a_champion_sees_a_category_that_it_never_saw_as_unseen() -> None:
    theirs = signature(feature("x"), feature("c", "category", seen_categories=("green",)))
    old = Believer()
    assert verdict(challenge(Believer()), champion(old, theirs)).passed
    assert old.asked[0].unseen == {(row, 1): "red" for row in range(1, ROWS, 2)}


# ---- what callers send ----------------------------------------------------------------------------------------------

WIDER = signature(*CONTRACT.features, feature("n", nullable=True, required=False))
BROKEN = signature(*CONTRACT.features, feature("n", nullable=True))


def test_a_signature_that_breaks_callers_is_held_back_however_good_the_model() -> None:
    new = challenge(Believer(0.99), signature=BROKEN)
    outcome = verdict(new, champion(Believer(0.6)))
    assert not outcome.passed
    assert outcome.reason == (
        "Callers of the champion would break: n: a new required field (breaking); "
        "--allow-breaking promotes nevertheless."
    )
    assert [change.breaking for change in outcome.changes] == [True]


def test_a_breaking_signature_is_judged_all_the_same_when_it_is_allowed() -> None:
    for errs, passes in ((0, True), (60, False)):
        new = challenge(Believer(errs=errs), signature=BROKEN)
        assert verdict(new, champion(Believer()), breaking=True).passed is passes


def test_a_change_that_breaks_nobody_is_told_and_judged() -> None:
    outcome = verdict(challenge(Believer(), signature=WIDER), champion(Believer()))
    assert (outcome.passed, outcome.lower_bound) == (True, 0.0)
    assert [str(change) for change in outcome.changes] == ["n: a new optional field"]


@pytest.mark.parametrize("classes", [("no", "perhaps", "yes"), ("yes",), ("nein", "ja"), None])
def test_other_classes_break_callers(classes: tuple[str, ...] | None) -> None:
    outcome = verdict(challenge(Believer()), champion(Believer(), classes=classes))
    assert not outcome.passed
    assert "(reply): the classes " in outcome.reason
    assert "became no, yes (breaking)" in outcome.reason


def test_other_classes_are_promoted_unjudged_when_that_is_allowed() -> None:
    outcome = verdict(challenge(Believer(errs=60)), champion(Believer(), classes=("a", "b")), breaking=True)
    assert (outcome.passed, outcome.lower_bound) == (True, None)
    assert (
        outcome.reason == "The champion has no predictions of the same kind for these rows, so they cannot be compared."
    )


CANNOT_BE_JUDGED: dict[str, LoadedArtifact] = {
    "refuses the rows": champion(Refusing()),
    "gives labels only": champion(Believer(probabilities=False)),
}


@pytest.mark.parametrize("name", CANNOT_BE_JUDGED)
def test_a_champion_that_cannot_be_judged_is_replaced_only_when_that_is_allowed(name: str) -> None:
    """Without a comparison the new model might be worse."""
    old = CANNOT_BE_JUDGED[name]
    outcome = verdict(challenge(Believer()), old)
    assert not outcome.passed
    assert outcome.reason.endswith("--allow-breaking promotes nevertheless.")
    assert verdict(challenge(Believer()), old, breaking=True).passed


def test_a_champion_that_gives_labels_only_is_judged_by_a_metric_of_labels() -> None:
    assert verdict(challenge(Believer(), "accuracy"), champion(Believer(probabilities=False))).lower_bound == 0.0


@pytest.mark.parametrize("kind", ["datetime", "date", "boolean"])
def test_a_feature_of_another_type_is_no_reason_to_fall_over(kind: str) -> None:
    """A champion that cannot take the values cannot be compared."""
    theirs = signature(CONTRACT.features[0], feature("c", kind))
    assert not verdict(challenge(Believer()), champion(Believer(), theirs)).passed
    assert verdict(challenge(Believer()), champion(Believer(), theirs), breaking=True).passed


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        (
            feature("c", "category", seen_categories=("NA", "red")),
            CONTRACT.features[1],
            "'c' has other texts as null than for the champion, so its rows are not known again and not compared; the "
            "same --null-values reads it as before",
        ),
        (
            feature("c", "category", seen_categories=("$0", "$1")),
            feature("c", "number"),
            "'c' was a category for the champion and is a number now, so its rows are not known again and not "
            "compared; --category c reads it as before",
        ),
        (
            feature("c", "number"),
            feature("c", "category", seen_categories=("green", "red")),
            "'c' was a number for the champion and is a category now, so its rows are not known again and not "
            "compared; --number c reads it as before",
        ),
    ],
)
def test_rows_that_are_read_otherwise_are_not_compared(was: Feature, now: Feature, sentence: str) -> None:
    """Equal rows have other contents then, so that none would seem to be one that the champion was fitted on."""
    named = Notation(form="as it is" if now.type == "category" else "amount", nulls=("NA",))
    new = signature(CONTRACT.features[0], now.model_copy(update={"notation": named}))
    old = champion(Believer(), signature(CONTRACT.features[0], was))
    outcome = verdict(challenge(Believer(), signature=new), old, breaking=True)
    assert outcome.passed
    assert outcome.champion_score is None
    assert outcome.reason == f"{sentence}."


@pytest.mark.parametrize(("kind", "option"), [("datetime", "--date"), ("number", "--number")])
def test_a_champion_that_cannot_read_a_column_is_told_with_what_to_do(kind: str, option: str) -> None:
    theirs = signature(CONTRACT.features[0], feature("c", kind))
    outcome = verdict(challenge(Believer()), champion(Believer(), theirs), breaking=True)
    held_back = verdict(challenge(Believer()), champion(Believer(), theirs))
    assert held_back.reason == (
        f"Callers of the champion would break: c: {kind} became category (breaking); {option} c reads it as before; "
        "--allow-breaking promotes nevertheless."
    )
    assert outcome.reason == (
        f"'c' was a {kind} for the champion and is a category now, so the champion cannot be asked about these rows; "
        f"{option} c reads it as before."
    )


def test_a_category_of_digits_that_became_a_number_is_the_same_category_to_the_champion() -> None:
    """It is asked about `1`, and not about `1.0`, which it would never have seen."""
    old = Believer(column=1)
    theirs = champion(old, signature(CONTRACT.features[0], feature("c", "category", seen_categories=("0", "1", "A"))))
    new = challenge(Believer(column=1), signature=signature(CONTRACT.features[0], feature("c", "number")))
    outcome = verdict(new, theirs, breaking=True)
    assert not old.asked[-1].unseen
    assert (outcome.passed, outcome.lower_bound) == (True, 0.0)


def test_a_champion_that_needs_a_feature_that_is_gone_is_not_judged() -> None:
    theirs = signature(*CONTRACT.features, feature("gone"))
    outcome = verdict(challenge(Believer()), champion(Believer(), theirs))
    assert "gone: removed" in outcome.reason
    assert verdict(challenge(Believer()), champion(Believer(), theirs), breaking=True).champion_score is None


def test_a_compiled_champion_is_followed_by_a_slower_model_only_when_that_is_allowed() -> None:
    class Slow(Believer):
        kind: Final[PredictorKind] = "scikit-learn"  # type: ignore[misc]  # Final in the class that it stands for.

    outcome = verdict(challenge(Slow()), champion(Believer()))
    assert not outcome.passed
    assert outcome.reason == "Made by hand. --allow-fallback promotes nevertheless."
    assert verdict(challenge(Slow()), champion(Believer()), fallback=True).lower_bound == 0.0
    assert verdict(challenge(Slow()), champion(Slow())).passed


@pytest.mark.parametrize(("better", "passed"), [(Believer(sure=0.95), True), (Believer(sure=0.6), False)])
def test_a_champion_that_has_no_answer_to_some_rows_is_compared_on_the_others(better: Believer, passed: bool) -> None:
    """Rows that the champion cannot predict, such as those with a null, are left out of the comparison."""
    outcome = verdict(challenge(better), champion(Silent()))
    assert outcome.passed is passed
    assert outcome.lower_bound is not None
    assert len(better.asked[-1]) == ROWS - len(range(0, ROWS, 3))
