"""Runs in another environment, with FOLDER: saves one model in each form that its libraries have."""

from __future__ import annotations

import importlib.util
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "age": RNG.integers(18, 80, 300),
        "income": np.round(RNG.normal(3e4, 1e4, 300), 2),
        "city": RNG.choice(["Bern", "Rome"], 300),
    }
)
LABELS = np.where(TABLE["age"] + RNG.normal(0, 5, 300) > 45, "late", "in time")


def fitted(last: Any) -> Any:
    """A pipeline of numbers and a category."""
    encoded = make_column_transformer(
        (StandardScaler(), ["age", "income"]), (OneHotEncoder(handle_unknown="ignore"), ["city"])
    )
    return make_pipeline(encoded, last).fit(TABLE, LABELS)


def save_files(folder: Path) -> None:
    """Skops, joblib plain and compressed, and each protocol of pickle, of models whose trees are stored differently."""
    import skops.io

    models = {
        "linear": LogisticRegression(),
        "forest": RandomForestClassifier(5, random_state=0),
        "boosted": HistGradientBoostingClassifier(max_iter=3),
    }
    for name, last in models.items():
        model = fitted(last)
        (folder / f"{name}.skops").write_bytes(skops.io.dumps(model))
        joblib.dump(model, folder / f"{name}.joblib")
        for method in ("zlib", "xz"):
            joblib.dump(model, folder / f"{name}.{method}", compress=(method, 3))
        for protocol in (0, 2, 5):
            (folder / f"{name}.{protocol}.pkl").write_bytes(pickle.dumps(model, protocol))


def save_mlflow(folder: Path) -> None:
    """Each format, without anything, with a signature, and with an input example."""
    import mlflow.sklearn
    from mlflow.models import infer_signature

    model = fitted(LogisticRegression())
    signed = {"signature": infer_signature(TABLE, model.predict(TABLE))}
    for form in ("skops", "pickle", "cloudpickle"):
        for name, more in {"plain": {}, "signed": signed, "example": signed | {"input_example": TABLE.head(3)}}.items():
            mlflow.sklearn.save_model(
                model,
                str(folder / f"{form}-{name}"),
                serialization_format=form,
                pip_requirements=["scikit-learn"],
                **more,
            )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    place = Path(sys.argv[1])
    TABLE.assign(paid=LABELS).to_csv(place / "table.csv", index=False)
    (save_mlflow if importlib.util.find_spec("mlflow") else save_files)(place)
