"""`fit` with several targets, of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from twinserve.errors import AskedWrongly
from twinserve.inprocess.fitting import TrainingWarning, fit

pytestmark = [pytest.mark.slow, pytest.mark.long]

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({"a": RNG.normal(size=150), "kind": RNG.choice(["u", "v"], 150)})
TABLE["height"] = 2 * TABLE["a"] + RNG.normal(size=150)
TABLE["width"] = 3.0 * (TABLE["kind"] == "u") + RNG.normal(size=150)
TABLE["tall"] = np.where(TABLE["height"] > 0, "yes", "no")
TABLE["wide"] = (TABLE["width"] > 1).astype(int)
TABLE["wide, tall"] = np.where(TABLE["a"] > 0, "yes", "no")


def fitted(folder: Path, target: Any, columns: list[str], **more: Any) -> Any:
    return fit(TABLE[["a", "kind", *columns]], target, name="own", artifacts=folder, progress=None, **more)


@pytest.mark.parametrize("estimator", [(), "LinearSVR", "KNeighborsRegressor"])
def test_several_values(estimator: Any, tmp_path: Path) -> None:
    """The usual candidates, or named ones, whether or not they take several targets by themselves."""
    model = fitted(tmp_path, ["height", "width"], ["height", "width"], estimator=estimator)
    assert (model.manifest.task, model.manifest.metric) == ("multi-output", "mean_r2")
    assert [*model.predict({"a": 0.1, "kind": "u"})["values"]] == ["height", "width"]
    assert {*model.signature.left_out} == {"height", "width"}


def test_several_labels(tmp_path: Path) -> None:
    """Texts and flags alike."""
    model = fitted(tmp_path, "tall,wide", ["tall", "wide"], estimator="LogisticRegression")
    assert model.manifest.metric == "mean_log_loss"
    assert model.manifest.targets == {"tall": ("no", "yes"), "wide": ("0", "1")}


def test_a_column_may_have_a_comma_in_its_name(tmp_path: Path) -> None:
    with pytest.warns(TrainingWarning, match="known before the prediction"):
        model = fitted(tmp_path, "wide, tall", ["wide, tall"], estimator="LogisticRegression")
    assert model.manifest.task == "classification"


@pytest.mark.parametrize(
    ("target", "more", "told"),
    [
        (["height", "tall"], {}, "'tall' holds labels and another one values"),
        (["height", "nope"], {}, "no column 'nope'"),
        ("height,nope", {}, "no column 'nope'"),
        (["height", "height"], {}, "A target is named twice"),
        (
            ["height", "width"],
            {"threshold": 0.5},
            "belong to a classification into two classes; this is a multi-output",
        ),
        (["height", "width"], {"drop": "width"}, "'width' is the target"),
        ([], {}, "There is no target"),
        (["height", "width"], {"task": "anomaly"}, "task is 'classification' or 'regression'"),
    ],
)
def test_what_cannot_be_learned_together_is_told(target: Any, more: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match=told):
        fitted(tmp_path, target, ["height", "width", "tall"], **more)


def test_columns_that_repeat_one_of_the_targets_are_left_out(tmp_path: Path) -> None:
    table = TABLE[["a", "kind", "height", "width"]].assign(inches=TABLE["width"] / 2.54)
    with pytest.warns(TrainingWarning, match="inches"):
        model = fit(table, ["height", "width"], name="own", artifacts=tmp_path, progress=None, estimator="Ridge")
    assert "inches" in model.signature.left_out
