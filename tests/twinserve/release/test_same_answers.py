"""What an estimator answers on the table that a service makes: targets of one dimension only, texts as categories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from twinserve.predict.targets.made import one_target
from twinserve.release.fitted_elsewhere.same_answers import with_same_answers

X = pd.DataFrame(np.random.default_rng(0).random((100, 2)), columns=["a", "b"])
Y = X[["a"]] * 2


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_texts_become_the_categories_that_an_estimator_was_fitted_on(library: str) -> None:
    """Also whole numbers as categories, which the service's table holds as texts."""
    module = pytest.importorskip(library, reason="the extra `boosters` is not installed")
    model = (
        module.XGBClassifier(n_estimators=3, enable_categorical=True)
        if library == "xgboost"
        else module.LGBMClassifier(n_estimators=3, verbose=-1)
    )
    rng = np.random.default_rng(0)
    made = pd.DataFrame({"word": rng.choice(["a", "b", "c"], 90), "size": rng.choice(["10", "20"], 90)}, dtype=object)
    given = pd.DataFrame({"word": made["word"].astype("category"), "size": made["size"].astype(int).astype("category")})
    model.fit(given, (made["word"] == "b").astype(int))
    candidate = with_same_answers(model, model, given, made, one_target(("0", "1")))
    assert [name for name, _ in candidate.steps] == ["categories", "model"]
    assert candidate.predict(made).tolist() == [str(label) for label in model.predict(given)]
