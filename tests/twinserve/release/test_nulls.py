"""Whoever declares a field nullable that the model cannot take is told so, with the cure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from tests.twinserve.signature.made import feature, signature
from twinserve.predict.targets.made import one_target
from twinserve.release.nulls import null_notes
from twinserve.signature import Signature
from twinserve.signature.frames import from_frame
from twinserve.training.data import Data, Rows, divide

CONTRACT = signature(
    feature("a", nullable=True),
    feature("b"),
    feature("c", "category", nullable=True, seen_categories=("u", "v")),
)


def data(contract: Signature = CONTRACT) -> tuple[pd.DataFrame, Data]:
    """Rows without a null."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.random(80), "b": rng.random(80), "c": np.array(["u", "v"] * 40, dtype=object)})
    y_true = (np.arange(80) % 2).astype(float)
    held_out = np.arange(80) >= 60
    columns = from_frame(frame, contract)
    return frame, divide("made", Rows(columns, y_true), contract, one_target(("no", "yes")), held_out)


def encoded(head: Any, *number: Any) -> Any:
    """The category as zeros and ones, the numbers through some steps."""
    numbers = make_pipeline(*number) if number else "passthrough"
    return make_pipeline(
        make_column_transformer((numbers, ["a", "b"]), (OneHotEncoder(handle_unknown="ignore"), ["c"])), head
    )


@pytest.mark.parametrize(
    ("pipeline", "fields"),
    [
        (encoded(LogisticRegression()), ["a"]),
        (encoded(LinearSVC(), StandardScaler()), ["a"]),
        (encoded(GradientBoostingClassifier(n_estimators=2)), ["a"]),
        (encoded(HistGradientBoostingClassifier(max_iter=2)), []),
        (encoded(LogisticRegression(), SimpleImputer()), []),
        (make_pipeline(make_column_transformer((StandardScaler(), ["b"])), LogisticRegression()), []),
    ],
)
def test_each_nullable_field_that_the_pipeline_cannot_take_is_named(pipeline: Any, fields: list[str]) -> None:
    frame, whole = data()
    pipeline.fit(frame, np.where(whole.everything.y_true > 0, "yes", "no").astype(object))
    notes = null_notes(pipeline, whole)
    assert [note.column for note in notes] == fields
    for note in notes:
        assert note.kind == "warning"
        assert "declare it without None" in note.sentence
        assert "imputer" in note.sentence
